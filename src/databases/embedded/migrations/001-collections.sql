-- The rows of collection n are in the table c<n>, made with it. A number is never used twice, so that a reader cannot
-- take one collection for another.
CREATE TABLE collection (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  -- NULL: dropped, its rows are being removed step by step.
  name TEXT UNIQUE,
  count INTEGER NOT NULL DEFAULT 0,
  size INTEGER NOT NULL DEFAULT 0,
  -- No document was ever larger: how many may be read at once.
  largest INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE task_progress (
  job_key TEXT NOT NULL,
  task INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  line INTEGER NOT NULL,
  records INTEGER NOT NULL DEFAULT 0,
  inserted INTEGER NOT NULL DEFAULT 0,
  updated INTEGER NOT NULL DEFAULT 0,
  unchanged INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0,
  stopped INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (job_key, task)
) STRICT, WITHOUT ROWID;

CREATE TABLE rejects (
  job_key TEXT NOT NULL,
  task INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  length INTEGER NOT NULL,
  line INTEGER NOT NULL,
  column INTEGER NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  path TEXT NOT NULL,
  PRIMARY KEY (job_key, task, offset)
) STRICT, WITHOUT ROWID;

-- A commit syncs the log only if it writes something: a flush counts up.
CREATE TABLE flush (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  number INTEGER NOT NULL
) STRICT;
INSERT INTO flush VALUES (1, 0);
