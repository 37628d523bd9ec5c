-- A new deployment is compared with the nonces of all that its app ever had, whose manifests need not be read for it.
-- Null in what an older service wrote, until the database is opened again; of these the index has nothing but themselves.
ALTER TABLE deployments ADD COLUMN nonce BIGINT;
CREATE INDEX deployments_without_nonce ON deployments (id) WHERE nonce IS NULL;
