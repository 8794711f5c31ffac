import { bsonType } from "../bson/types.ts";
import { int32At, nameEndAt, nameIs, valueSize } from "../bson/walk.ts";
import { Output } from "./output.ts";
import { projectionOfPaths, type ProjectionTree, readProjection } from "./projection-tree.ts";

/**
 * MongoDB's projection of `find`: what is kept of a document, in the document's order. A dotted path leads into documents and
 * into every document of arrays; what stands in such an array and is no document is dropped by an inclusion and kept by an
 * exclusion.
 * @returns a function whose results own their memory
 * @throws {DocferryError} `invalid_query`
 */
export function compileProjection(projection: Uint8Array): (document: Uint8Array) => Uint8Array {
  const { mode, fields } = projectionOfPaths(readProjection(projection));
  const projector = new Projector(mode === "include");
  const names = new Names(fields);
  return (document) => projector.project(document, names);
}

class Projector {
  readonly #include: boolean;
  readonly #output = new Output(1024);

  constructor(include: boolean) {
    this.#include = include;
  }

  project(document: Uint8Array, names: Names): Uint8Array {
    this.#document(document, 0, names);
    return this.#output.take();
  }

  #document(bytes: Uint8Array, at: number, names: Names): void {
    const output = this.#output;
    const start = output.beginDocument();
    const close = at + int32At(bytes, at) - 1;
    let element = at + 4;
    while (element < close) {
      const type = bytes[element]!;
      const nameEnd = nameEndAt(bytes, element + 1);
      const end = nameEnd + 1 + valueSize(type, bytes, nameEnd + 1);
      const named = names.find(bytes, element + 1, nameEnd);
      if (named instanceof Names && isNested(type)) {
        output.copy(bytes, element, nameEnd + 1);
        this.#nested(type, bytes, nameEnd + 1, named);
      } else if (named instanceof Names ? !this.#include : named === this.#include) {
        output.copy(bytes, element, end);
      }
      element = end;
    }
    output.endDocument(start);
  }

  #nested(type: number, bytes: Uint8Array, at: number, names: Names): void {
    if (type === bsonType.document) this.#document(bytes, at, names);
    else this.#array(bytes, at, names);
  }

  /** Items, those of nested arrays likewise. Dropped items leave no gap. */
  #array(bytes: Uint8Array, at: number, names: Names): void {
    const output = this.#output;
    const start = output.beginDocument();
    const close = at + int32At(bytes, at) - 1;
    let element = at + 4;
    let index = 0;
    while (element < close) {
      const type = bytes[element]!;
      const value = nameEndAt(bytes, element + 1) + 1;
      const end = value + valueSize(type, bytes, value);
      if (isNested(type) || !this.#include) {
        output.byte(type);
        output.text(String(index++));
        output.byte(0);
        if (isNested(type)) this.#nested(type, bytes, value, names);
        else output.copy(bytes, value, end);
      }
      element = end;
    }
    output.endDocument(start);
  }
}

function isNested(type: number): boolean {
  return type === bsonType.document || type === bsonType.array;
}

interface Name {
  name: Uint8Array;
  inner: true | Names;
}

/** The names of one level, found by their bytes: no text is made of a document's names. */
class Names {
  readonly #byLength: Name[][] = [];

  constructor(fields: ProjectionTree) {
    for (const [text, inner] of fields) {
      const name = Buffer.from(text, "utf8");
      const alike = (this.#byLength[name.length] ??= []);
      alike.push({ name, inner: inner === true ? true : new Names(inner) });
    }
  }

  /** True for a field named whole, names for one named in part, false for another one. */
  find(bytes: Uint8Array, from: number, to: number): true | Names | false {
    const alike = this.#byLength[to - from];
    if (alike) {
      for (const { name, inner } of alike) if (nameIs(bytes, from, to, name)) return inner;
    }
    return false;
  }
}
