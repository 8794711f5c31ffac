-- Which name of an environment points to which object. Names are compared by their UTF-8 bytes, which is what BINARY does.

CREATE TABLE file (
  environment  TEXT NOT NULL,
  name         TEXT NOT NULL,
  object       TEXT NOT NULL,
  size         INTEGER NOT NULL,
  md5          TEXT NOT NULL,
  content_type TEXT NOT NULL,
  modified_at  INTEGER NOT NULL,
  PRIMARY KEY (environment, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX file_object ON file (object);
