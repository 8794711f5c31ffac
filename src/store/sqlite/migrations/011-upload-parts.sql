-- Parts of uploads that are not finished are bytes that a client has stored: they count, else they pass by every limit.

DROP TRIGGER file_added;
DROP TRIGGER file_replaced;
DROP TRIGGER file_removed;

INSERT INTO file_use (environment, bytes)
  SELECT environment, sum(size) FROM file WHERE substr(name, 1, 18) = '.docferry/uploads/' GROUP BY environment
  ON CONFLICT (environment) DO UPDATE SET bytes = bytes + excluded.bytes;

CREATE TRIGGER file_added AFTER INSERT ON file
WHEN substr(new.name, 1, 10) <> '.docferry/' OR substr(new.name, 1, 18) = '.docferry/uploads/' BEGIN
  INSERT INTO file_use (environment, bytes) VALUES (new.environment, new.size)
    ON CONFLICT (environment) DO UPDATE SET bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER file_replaced AFTER UPDATE OF size ON file
WHEN substr(new.name, 1, 10) <> '.docferry/' OR substr(new.name, 1, 18) = '.docferry/uploads/' BEGIN
  UPDATE file_use SET bytes = bytes + new.size - old.size WHERE environment = new.environment;
END;

CREATE TRIGGER file_removed AFTER DELETE ON file
WHEN substr(old.name, 1, 10) <> '.docferry/' OR substr(old.name, 1, 18) = '.docferry/uploads/' BEGIN
  UPDATE file_use SET bytes = bytes - old.size WHERE environment = old.environment;
END;
