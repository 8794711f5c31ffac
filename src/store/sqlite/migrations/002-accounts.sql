-- Apps, environments, tokens and Cloud API keys. Secrets are hashed, tokens are hashed, keys are encrypted.

CREATE TABLE app (
  id TEXT PRIMARY KEY,
  secret_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE environment (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX environment_app ON environment (app_id);

CREATE TABLE cloud_key (
  secret_id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
  sealed_key BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX cloud_key_app ON cloud_key (app_id);

CREATE TABLE token (
  hash TEXT PRIMARY KEY,
  app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('plain', 'stable')),
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  -- null while it is the newest of its kind
  superseded_from INTEGER,
  ended_at INTEGER NOT NULL GENERATED ALWAYS AS (min(expires_at, ifnull(superseded_from, expires_at))) STORED
) STRICT, WITHOUT ROWID;

-- What a new token supersedes: one plain one, or the few stable ones that overlap.
CREATE INDEX token_newest ON token (app_id, kind) WHERE superseded_from IS NULL;
CREATE INDEX token_app ON token (app_id, ended_at);
CREATE INDEX token_ended ON token (ended_at);

CREATE TABLE stable_token (
  app_id TEXT PRIMARY KEY REFERENCES app (id) ON DELETE CASCADE,
  generation INTEGER NOT NULL,
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  forced_at INTEGER,
  forced_day INTEGER NOT NULL,
  forced_count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
