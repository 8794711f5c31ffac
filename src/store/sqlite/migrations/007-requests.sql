-- Requests that were answered with an error, to be looked up by their rid; kept within bounds and for a week.

CREATE TABLE request (
  id      INTEGER PRIMARY KEY, -- ascending: the order in which they came
  rid     TEXT NOT NULL UNIQUE,
  account TEXT,                -- who may look it up; not a reference: it may name one that is not there
  share   TEXT NOT NULL,       -- whose room it takes
  at      INTEGER NOT NULL,
  size    INTEGER NOT NULL,
  ms      INTEGER NOT NULL,
  method  TEXT NOT NULL,
  url     TEXT NOT NULL,
  body    TEXT NOT NULL,
  answer  TEXT NOT NULL,
  client  TEXT NOT NULL
) STRICT;

CREATE INDEX request_order ON request (share, id);
CREATE INDEX request_at ON request (at);

CREATE TABLE request_share (
  share    TEXT PRIMARY KEY,
  records  INTEGER NOT NULL,
  bytes    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX request_share_bytes ON request_share (bytes);

CREATE TRIGGER request_added AFTER INSERT ON request BEGIN
  INSERT INTO request_share (share, records, bytes) VALUES (new.share, 1, new.size)
    ON CONFLICT (share) DO UPDATE SET records = records + 1, bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER request_removed AFTER DELETE ON request BEGIN
  UPDATE request_share SET records = records - 1, bytes = bytes - old.size WHERE share = old.share;
  DELETE FROM request_share WHERE share = old.share AND records = 0;
END;
