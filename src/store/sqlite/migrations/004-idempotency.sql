-- A submit that is sent twice under one key is one job. The key stands with its job, as long as that does.

ALTER TABLE job ADD COLUMN submit_key TEXT;
ALTER TABLE job ADD COLUMN submit_digest TEXT; -- SHA-256 of what was asked, hex

CREATE UNIQUE INDEX job_submit_key ON job (environment, submit_key) WHERE submit_key IS NOT NULL;
