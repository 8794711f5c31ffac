-- An export tells of cells that a spreadsheet would run as a formula.

ALTER TABLE part ADD COLUMN formulas INTEGER NOT NULL DEFAULT 0;

UPDATE job SET result = json_set(result, '$.formulas', 0) WHERE result IS NOT NULL;
