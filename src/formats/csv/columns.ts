import { type Documents } from "../../bson/documents.ts";
import { Cursor, textAt } from "../../bson/walk.ts";

/** Adds the names of the documents' top-level fields, in the order in which they are first seen. */
export function addTopLevelColumns(columns: Set<string>, documents: Documents): void {
  const { bytes, starts, count } = documents;
  if (count === 0) return;
  const cursor = new Cursor(bytes, starts[0]);
  for (let i = 0; i < count; i++) {
    cursor.open(bytes, starts[i]!);
    while (cursor.next()) columns.add(textAt(bytes, cursor.nameStart, cursor.nameEnd));
  }
}

/** The columns of an export without a list of fields: `_id` first, the others as they were found. */
export function columnList(columns: ReadonlySet<string>): string[] {
  const others = [...columns].filter((name) => name !== "_id");
  return columns.has("_id") ? ["_id", ...others] : others;
}
