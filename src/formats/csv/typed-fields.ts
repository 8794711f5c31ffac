import { int32At, nameEndAt, valueSize } from "../../bson/walk.ts";
import { Level } from "./column-paths.ts";

/** Finds the columns' values in documents whose fields are the columns, and tells what the columns alone would not say. */
export class TypedFields {
  /** Of each column after `find`: BSON type and position of the value; type 0 where there is none. */
  readonly types: Uint8Array;
  readonly positions: Uint32Array;
  /** Of the fields found, in their order: the columns. */
  readonly order: Uint32Array;
  found = 0;
  /** The fields stand in the columns' order. */
  inOrder = true;
  /** Every field has a column, and none is there twice. */
  complete = true;
  readonly literal = 0;
  readonly #names = new Level();

  constructor(names: readonly string[]) {
    this.types = new Uint8Array(names.length);
    this.positions = new Uint32Array(names.length);
    this.order = new Uint32Array(names.length);
    for (const [column, name] of names.entries()) this.#names.add(name).columns.push(column);
  }

  find(bytes: Uint8Array, document: number): void {
    const { types, positions, order } = this;
    types.fill(0);
    this.found = 0;
    this.inOrder = true;
    this.complete = true;
    let last = -1;
    const close = document + int32At(bytes, document) - 1;
    for (let at = document + 4; at < close;) {
      const type = bytes[at]!;
      const nameEnd = nameEndAt(bytes, at + 1);
      const column = this.#names.named(bytes, at + 1, nameEnd)?.columns[0] ?? -1;
      if (column < 0 || types[column] !== 0) {
        this.complete = false;
        return;
      }
      if (column < last) this.inOrder = false;
      last = column;
      types[column] = type;
      positions[column] = nameEnd + 1;
      order[this.found++] = column;
      at = nameEnd + 1 + valueSize(type, bytes, nameEnd + 1);
    }
  }
}
