import { bsonType } from "../../bson/types.ts";
import { int32At, nameEndAt, nameIs, valueSize } from "../../bson/walk.ts";

/**
 * Finds the columns' values in documents, as mongoexport does: a path goes through documents by name (the first where there
 * are several) and through arrays by position: `a.0`, also `a.00` and `a.+0`. One difference: a top-level field whose own name
 * has the dots, `{"a.b": 1}`, is found where the path leads nowhere; otherwise nothing could ever export it.
 */
export class ColumnPaths {
  /** Of each column after `find`: BSON type and position of the value; type 0 where there is none. */
  readonly types: Uint8Array;
  readonly positions: Uint32Array;
  /** How many of the columns found by the last `find` were found by a dotted name of their own. */
  literal = 0;
  readonly #root = new Level();
  readonly #dotted = new Level();
  /** Tells which nodes have been met in the present document. */
  #document = 0;

  constructor(paths: readonly string[]) {
    this.types = new Uint8Array(paths.length);
    this.positions = new Uint32Array(paths.length);
    for (const [column, path] of paths.entries()) {
      const names = path.split(".");
      let level = this.#root;
      for (const name of names.slice(0, -1)) level = level.add(name).inner ??= new Level();
      level.add(names.at(-1)!).columns.push(column);
      if (names.length > 1) this.#dotted.add(path).columns.push(column);
    }
  }

  find(bytes: Uint8Array, document: number): void {
    this.types.fill(0);
    this.literal = 0;
    this.#document++;
    this.#search(bytes, document, this.#root, false);
    if (this.#dotted.size > 0) this.#searchDotted(bytes, document);
  }

  #search(bytes: Uint8Array, document: number, level: Level, inArray: boolean): void {
    const close = document + int32At(bytes, document) - 1;
    let at = document + 4;
    for (let index = 0; at < close; index++) {
      const type = bytes[at]!;
      const nameEnd = nameEndAt(bytes, at + 1);
      const value = nameEnd + 1;
      if (inArray) {
        for (const node of level.atIndex(index)) this.#met(node, type, bytes, value);
      } else {
        const node = level.named(bytes, at + 1, nameEnd);
        if (node) this.#met(node, type, bytes, value);
      }
      at = value + valueSize(type, bytes, value);
    }
  }

  #met(node: Node, type: number, bytes: Uint8Array, value: number): void {
    if (node.metIn === this.#document) return;
    node.metIn = this.#document;
    for (const column of node.columns) {
      this.types[column] = type;
      this.positions[column] = value;
    }
    if (!node.inner) return;
    if (type === bsonType.document) this.#search(bytes, value, node.inner, false);
    else if (type === bsonType.array) this.#search(bytes, value, node.inner, true);
  }

  #searchDotted(bytes: Uint8Array, document: number): void {
    const close = document + int32At(bytes, document) - 1;
    for (let at = document + 4; at < close;) {
      const type = bytes[at]!;
      const nameEnd = nameEndAt(bytes, at + 1);
      const value = nameEnd + 1;
      for (const column of this.#dotted.named(bytes, at + 1, nameEnd)?.columns ?? []) {
        if (this.types[column] !== 0) continue;
        this.types[column] = type;
        this.positions[column] = value;
        this.literal++;
      }
      at = value + valueSize(type, bytes, value);
    }
  }
}

export interface Node {
  name: Uint8Array;
  /** Columns that end here. */
  columns: number[];
  /** Paths that go on. */
  inner: Level | undefined;
  metIn: number;
}

/** The names that paths have at one place, found by their bytes without making text of them. */
export class Level {
  readonly #nodes: Node[] = [];
  readonly #buckets: Node[][] = Array.from({ length: bucketCount }, () => []);
  readonly #byIndex = new Map<number, Node[]>();
  /** Documents mostly have their fields in the columns' order: the one to try first. */
  #expected = 0;

  get size(): number {
    return this.#nodes.length;
  }

  add(text: string): Node {
    const name = Buffer.from(text, "utf8");
    const there = this.named(name, 0, name.length);
    if (there) return there;
    const node: Node = { name, columns: [], inner: undefined, metIn: 0 };
    this.#nodes.push(node);
    this.#buckets[bucketOf(name, 0, name.length)]!.push(node);
    if (/^\+?\d{1,9}$/.test(text)) {
      const index = Number(text);
      this.#byIndex.set(index, [...this.atIndex(index), node]);
    }
    return node;
  }

  named(bytes: Uint8Array, from: number, to: number): Node | undefined {
    const expected = this.#nodes[this.#expected];
    if (expected && nameIs(bytes, from, to, expected.name)) {
      this.#expected = (this.#expected + 1) % this.#nodes.length;
      return expected;
    }
    for (const node of this.#buckets[bucketOf(bytes, from, to)]!) {
      if (!nameIs(bytes, from, to, node.name)) continue;
      this.#expected = (this.#nodes.indexOf(node) + 1) % this.#nodes.length;
      return node;
    }
    return undefined;
  }

  /** `0`, `00` and `+0` are the same place in an array. */
  atIndex(index: number): readonly Node[] {
    return this.#byIndex.get(index) ?? [];
  }
}

const bucketCount = 64;

function bucketOf(bytes: Uint8Array, from: number, to: number): number {
  if (from === to) return 0;
  return (to - from + bytes[from]! * 7 + bytes[to - 1]! * 31) & (bucketCount - 1);
}
