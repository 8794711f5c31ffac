-- Platforms, what apps granted them, their codes and tokens. Secrets, tickets, codes and tokens are hashed.

CREATE TABLE platform (
  id TEXT PRIMARY KEY,
  secret_hash TEXT NOT NULL,
  -- JSON list of text
  redirect_hosts TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE platform_ticket (
  platform_id TEXT NOT NULL REFERENCES platform (id) ON DELETE CASCADE,
  hash TEXT NOT NULL,
  set_at INTEGER NOT NULL,
  PRIMARY KEY (platform_id, hash)
) STRICT, WITHOUT ROWID;

-- Not `authorization`: SQLite does not mind, people do.
CREATE TABLE platform_grant (
  id TEXT PRIMARY KEY,
  platform_id TEXT NOT NULL REFERENCES platform (id) ON DELETE CASCADE,
  app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
  generation INTEGER NOT NULL,
  -- JSON list of integers
  sets TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (platform_id, app_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX platform_grant_app ON platform_grant (app_id);

-- With a grant: the authorisation code that it gave. Without: a code that leads to the consent page.
CREATE TABLE platform_code (
  hash TEXT PRIMARY KEY,
  platform_id TEXT NOT NULL REFERENCES platform (id) ON DELETE CASCADE,
  grant_id TEXT REFERENCES platform_grant (id) ON DELETE CASCADE,
  grant_generation INTEGER,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX platform_code_platform ON platform_code (platform_id);
CREATE INDEX platform_code_grant ON platform_code (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX platform_code_expiry ON platform_code (expires_at);

-- A token outlives its grant: so that it can be told from one that never was.
CREATE TABLE platform_token (
  hash TEXT PRIMARY KEY,
  platform_id TEXT NOT NULL REFERENCES platform (id) ON DELETE CASCADE,
  app_id TEXT REFERENCES app (id) ON DELETE CASCADE,
  grant_id TEXT,
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  superseded_from INTEGER,
  ended_at INTEGER NOT NULL GENERATED ALWAYS AS (min(expires_at, ifnull(superseded_from, expires_at))) STORED,
  CHECK ((app_id IS NULL) = (grant_id IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX platform_token_newest ON platform_token (platform_id, app_id) WHERE superseded_from IS NULL;
CREATE INDEX platform_token_app ON platform_token (app_id) WHERE app_id IS NOT NULL;
CREATE INDEX platform_token_platform ON platform_token (platform_id);
CREATE INDEX platform_token_ended ON platform_token (ended_at);
