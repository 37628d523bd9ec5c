CREATE TRIGGER boot_proofs_no_update BEFORE UPDATE ON boot_proofs BEGIN SELECT RAISE(ABORT, 'boot proofs are append-only'); END;
CREATE TRIGGER boot_proofs_no_delete BEFORE DELETE ON boot_proofs BEGIN SELECT RAISE(ABORT, 'boot proofs are append-only'); END;
CREATE TRIGGER blobs_no_update BEFORE UPDATE ON blobs BEGIN SELECT RAISE(ABORT, 'boot proofs are append-only'); END;
CREATE TRIGGER blobs_no_delete BEFORE DELETE ON blobs BEGIN SELECT RAISE(ABORT, 'boot proofs are append-only'); END;
