-- An environment belongs to an app or to a platform, and a platform shares its own with apps.

CREATE TABLE environment_next (
  id TEXT PRIMARY KEY,
  app_id TEXT REFERENCES app (id) ON DELETE CASCADE,
  platform_id TEXT REFERENCES platform (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  CHECK ((app_id IS NULL) <> (platform_id IS NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO environment_next (id, app_id, created_at) SELECT id, app_id, created_at FROM environment;
DROP TABLE environment;
ALTER TABLE environment_next RENAME TO environment;

CREATE INDEX environment_app ON environment (app_id) WHERE app_id IS NOT NULL;
CREATE INDEX environment_platform ON environment (platform_id) WHERE platform_id IS NOT NULL;

CREATE TABLE environment_share (
  environment TEXT NOT NULL REFERENCES environment (id) ON DELETE CASCADE,
  app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (environment, app_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX environment_share_app ON environment_share (app_id);
