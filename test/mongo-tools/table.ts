import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";

// The tables of `mongo-tools-behaviour.md` (what mongoimport and mongoexport 100.18 do, measured) as tables of test cases: each row
// under the name that it has there, in the same order. Where docferry does otherwise, the row says what and why.

export type Check = (t: TestContext) => void | Promise<void>;

/** A row's test; or with what docferry does otherwise, and why. */
export type Row = Check | { otherwise: string; check: Check };

/**
 * A test for each row, and one that the table has these rows and no others.
 * @param options.section as it is numbered there, such as `1.2`
 * @param options.table which table of the section, from 1; 0 for what its text says beside the tables
 * @param options.paired the table has two rows beside each other: their names are in its first and its third column
 */
export function testTable(
  options: { section: string; table: number; paired?: boolean },
  rows: Record<string, Row>,
): void {
  const { section } = options;
  for (const [name, row] of Object.entries(rows)) {
    const { check, otherwise } = typeof row === "function" ? { check: row, otherwise: "" } : row;
    test(`mongo-tools ${section}, ${name}${otherwise && `: otherwise, ${otherwise}`}`, check);
  }
  if (options.table === 0) return;
  test(
    `mongo-tools ${section}: table ${options.table} has these rows and no others`,
    {
      skip: existsSync(page) ? false : `${page} is not there`,
    },
    () => assert.deepEqual(Object.keys(rows), namesOf(options)),
  );
}

const page = fileURLToPath(new URL("../../../shared/mongo-tools-behaviour.md", import.meta.url));

function namesOf({ section, table, paired = false }: Parameters<typeof testTable>[0]): string[] {
  const lines = readFileSync(page, "utf8").split("\n");
  const from = lines.findIndex((line) =>
    line.replace(/^#+ /, "").startsWith(`${section}${section.includes(".") ? " " : ". "}`),
  );
  assert.ok(from >= 0, `no section ${section}`);
  const to = lines.findIndex((line, at) => at > from && line.startsWith("#"));
  const tables = lines
    .slice(from, to < 0 ? undefined : to)
    .join("\n")
    .split(/\n(?!\|)/)
    .map((block) => block.split("\n").filter((line) => line.startsWith("|")))
    .filter((block) => block.length > 2);
  const cells = (tables[table - 1] ?? [])
    .slice(2)
    .map((line) => line.split("|").map((cell) => cell.trim()));
  return cells
    .flatMap((row) => (paired ? [row[1]!, row[3]!] : [row[1]!]))
    .filter((name) => name !== "");
}
