CREATE TABLE job (
  id           INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 2147483647),
  key          TEXT NOT NULL UNIQUE,
  environment  TEXT NOT NULL,
  type         TEXT NOT NULL,
  spec         TEXT NOT NULL, -- JSON
  object       TEXT,          -- the pinned object of an import
  plan         TEXT,          -- JSON; null until the plan is done
  state        TEXT NOT NULL,
  ending       TEXT,          -- how the job is to end once its attempts have stopped
  stalled      TEXT,
  error        TEXT,          -- JSON
  result       TEXT,          -- JSON
  counts       TEXT NOT NULL, -- JSON; the sum of its tasks' counts
  bytes        INTEGER NOT NULL DEFAULT 0,
  total_bytes  INTEGER,
  waiting      INTEGER NOT NULL DEFAULT 0, -- tasks that are not released
  active       INTEGER NOT NULL DEFAULT 0, -- tasks that are claimable or run
  created_at   INTEGER NOT NULL,
  started_at   INTEGER,
  ended_at     INTEGER,
  forgotten    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX job_list ON job (environment, id);
CREATE INDEX job_waiting ON job (environment, id) WHERE waiting > 0;
CREATE INDEX job_active ON job (environment, active) WHERE active > 0;
CREATE INDEX job_pins ON job (object) WHERE ended_at IS NULL;
CREATE INDEX job_ended ON job (ended_at) WHERE forgotten = 0;

CREATE TABLE task (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id       INTEGER NOT NULL REFERENCES job (id),
  ordinal      INTEGER NOT NULL,
  kind         TEXT NOT NULL,
  state        TEXT NOT NULL,
  attempt      INTEGER NOT NULL DEFAULT 0,
  failures     INTEGER NOT NULL DEFAULT 0,
  available_at INTEGER NOT NULL, -- claimable from (ready), due from (waiting), leased until (running)
  released     INTEGER NOT NULL DEFAULT 0, -- number in the order of release: claims go by it
  stop         INTEGER NOT NULL DEFAULT 0, -- the running attempt is asked to stop
  work         TEXT NOT NULL,    -- JSON
  counts       TEXT NOT NULL,    -- JSON
  bytes        INTEGER NOT NULL DEFAULT 0,
  UNIQUE (job_id, ordinal)
) STRICT;

CREATE INDEX task_due ON task (state, available_at) WHERE state IN ('waiting', 'ready', 'running');
CREATE INDEX task_claims ON task (released) WHERE state = 'ready';
CREATE INDEX task_of_job ON task (job_id, state, ordinal);

CREATE TABLE chunk (
  job_id    INTEGER NOT NULL REFERENCES job (id),
  number    INTEGER NOT NULL,
  from_byte INTEGER NOT NULL,
  to_byte   INTEGER NOT NULL,
  line      INTEGER NOT NULL,
  PRIMARY KEY (job_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE part (
  job_id   INTEGER NOT NULL REFERENCES job (id),
  task     INTEGER NOT NULL, -- the task's ordinal
  ordinal  INTEGER NOT NULL,
  object   TEXT NOT NULL,
  size     INTEGER NOT NULL,
  md5      TEXT NOT NULL,
  counts   TEXT NOT NULL,    -- JSON
  digest   TEXT NOT NULL,
  retyped  INTEGER NOT NULL,
  end_key  TEXT,
  PRIMARY KEY (job_id, task, ordinal)
) STRICT, WITHOUT ROWID;

CREATE INDEX part_object ON part (object);
