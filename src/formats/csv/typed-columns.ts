import type { Documents } from "../../bson/documents.ts";
import { bsonType } from "../../bson/types.ts";
import { int32At, nameEndAt, textAt, valueSize } from "../../bson/walk.ts";
import type { CellType, TypedColumns } from "../codec.ts";
import { ColumnPaths, Level } from "./column-paths.ts";
import { plainType } from "./typed-cell-out.ts";

/** Finds the columns of a typed CSV and their types, in a pass over the documents. */
export class TypedColumnCollector {
  readonly #paths: readonly string[] | null;
  readonly #found: ColumnPaths | null;
  readonly #names: string[] = [];
  readonly #level = new Level();
  /** Of each column: how many values each BSON type has. */
  readonly #counts: Float64Array[] = [];

  /** @param paths the columns of a selection; null: all top-level fields, for whole documents */
  constructor(paths: readonly string[] | null) {
    this.#paths = paths;
    this.#found = paths && new ColumnPaths(paths.map((path) => path.replace(/\.\$$/, "")));
    for (const _ of paths ?? []) this.#counts.push(new Float64Array(256));
  }

  add({ bytes, starts, count }: Documents): void {
    for (let i = 0; i < count; i++) {
      if (this.#found) this.#addSelection(this.#found, bytes, starts[i]!);
      else this.#addFields(bytes, starts[i]!);
    }
  }

  /** A column's type is the one that most of its values have, of equals the one with the lower BSON type. */
  result(): { columns: string[]; typed: TypedColumns } {
    const types = this.#counts.map(mostFrequent);
    if (this.#paths) return { columns: [...this.#paths], typed: { types, whole: false } };
    const columns = [...this.#names];
    const id = columns.indexOf("_id");
    if (id > 0) {
      columns.unshift(...columns.splice(id, 1));
      types.unshift(...types.splice(id, 1));
    }
    return { columns, typed: { types, whole: true } };
  }

  #addSelection(found: ColumnPaths, bytes: Uint8Array, document: number): void {
    found.find(bytes, document);
    for (let column = 0; column < found.types.length; column++) {
      this.#counts[column]![found.types[column]!]!++;
    }
  }

  #addFields(bytes: Uint8Array, document: number): void {
    const close = document + int32At(bytes, document) - 1;
    for (let at = document + 4; at < close;) {
      const type = bytes[at]!;
      const nameEnd = nameEndAt(bytes, at + 1);
      this.#counts[this.#columnOf(bytes, at + 1, nameEnd)]![type]!++;
      at = nameEnd + 1 + valueSize(type, bytes, nameEnd + 1);
    }
  }

  #columnOf(bytes: Uint8Array, from: number, to: number): number {
    const there = this.#level.named(bytes, from, to)?.columns[0];
    if (there !== undefined) return there;
    const column = this.#names.length;
    const name = textAt(bytes, from, to);
    this.#names.push(name);
    this.#level.add(name).columns.push(column);
    this.#counts.push(new Float64Array(256));
    return column;
  }
}

/** Values without a type of their own to show, null above all, are written alike in every column. */
function mostFrequent(counts: Float64Array): CellType {
  let best = 0;
  let most = 0;
  for (let type = 1; type < counts.length; type++) {
    if (type === bsonType.null || type === bsonType.undefined || counts[type]! <= most) continue;
    best = type;
    most = counts[type]!;
  }
  return plainType[best] ?? "json";
}
