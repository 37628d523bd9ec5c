CREATE FUNCTION boot_proofs_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'boot proofs are append-only'; END $$;
CREATE TRIGGER boot_proofs_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON boot_proofs FOR EACH STATEMENT EXECUTE FUNCTION boot_proofs_append_only();
CREATE TRIGGER blobs_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON blobs FOR EACH STATEMENT EXECUTE FUNCTION boot_proofs_append_only();
