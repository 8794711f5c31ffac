-- Bytes of the keys in a collection's index. NULL: it has documents from before this column, whose keys nobody has counted.
ALTER TABLE collection ADD COLUMN key_size INTEGER DEFAULT 0;
UPDATE collection SET key_size = NULL WHERE count > 0;
