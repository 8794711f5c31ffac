-- What accounts (apps, platforms) and environments may use at most, and what is counted for that. No row: no limit.

CREATE TABLE usage_limit (
  kind                 TEXT NOT NULL CHECK (kind IN ('account', 'environment')),
  id                   TEXT NOT NULL,
  requests_per_minute  INTEGER,
  requests_per_day     INTEGER,
  jobs                 INTEGER,
  stored_bytes         INTEGER,
  addresses            TEXT NOT NULL, -- JSON list of text
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE request_count (
  kind      TEXT NOT NULL,
  id        TEXT NOT NULL,
  day       INTEGER NOT NULL,
  requests  INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX job_unended ON job (environment) WHERE ended_at IS NULL;

-- Bytes of an environment's files. What docferry keeps for jobs goes by itself and does not count.
CREATE TABLE file_use (
  environment  TEXT PRIMARY KEY,
  bytes        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO file_use (environment, bytes)
  SELECT environment, sum(size) FROM file WHERE substr(name, 1, 10) <> '.docferry/' GROUP BY environment;

CREATE TRIGGER file_added AFTER INSERT ON file WHEN substr(new.name, 1, 10) <> '.docferry/' BEGIN
  INSERT INTO file_use (environment, bytes) VALUES (new.environment, new.size)
    ON CONFLICT (environment) DO UPDATE SET bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER file_replaced AFTER UPDATE OF size ON file WHEN substr(new.name, 1, 10) <> '.docferry/' BEGIN
  UPDATE file_use SET bytes = bytes + new.size - old.size WHERE environment = new.environment;
END;

CREATE TRIGGER file_removed AFTER DELETE ON file WHEN substr(old.name, 1, 10) <> '.docferry/' BEGIN
  UPDATE file_use SET bytes = bytes - old.size WHERE environment = old.environment;
END;
