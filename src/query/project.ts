import { bsonType } from "../bson/types.ts";
import { int32At, nameEndAt, valueSize } from "../bson/walk.ts";
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
  const names = nameTree(fields);
  const output = new Output(1024);
  const copy = mode === "include" ? copyIncluded : copyOthers;
  return (document) => {
    copy(output, document, 0, names);
    return output.take();
  };
}

/** The tree by UTF-8 names as Latin-1 text, which is what the bytes of a document are looked up by. */
type NameTree = Map<string, true | NameTree>;

function nameTree(fields: ProjectionTree): NameTree {
  const names: NameTree = new Map();
  for (const [name, inner] of fields) {
    const text = Buffer.from(name, "utf8").toString("latin1");
    names.set(text, inner === true ? true : nameTree(inner));
  }
  return names;
}

function copyIncluded(output: Output, bytes: Uint8Array, at: number, names: NameTree): void {
  const start = output.beginDocument();
  eachElement(bytes, at, (element, value, end) => {
    const inner = names.get(nameText(bytes, element + 1, value - 1));
    if (inner === true) output.copy(bytes, element, end);
    else if (inner && isNested(bytes[element]!)) {
      output.copy(bytes, element, value);
      if (bytes[element] === bsonType.document) copyIncluded(output, bytes, value, inner);
      else copyItems(output, bytes, value, inner, copyIncluded, false);
    }
  });
  output.endDocument(start);
}

function copyOthers(output: Output, bytes: Uint8Array, at: number, names: NameTree): void {
  const start = output.beginDocument();
  eachElement(bytes, at, (element, value, end) => {
    const inner = names.get(nameText(bytes, element + 1, value - 1));
    if (inner === true) return;
    if (!inner || !isNested(bytes[element]!)) return output.copy(bytes, element, end);
    output.copy(bytes, element, value);
    if (bytes[element] === bsonType.document) copyOthers(output, bytes, value, inner);
    else copyItems(output, bytes, value, inner, copyOthers, true);
  });
  output.endDocument(start);
}

/** The items of an array, nested arrays likewise. Dropped items leave no gap. */
function copyItems(
  output: Output,
  bytes: Uint8Array,
  at: number,
  names: NameTree,
  copy: typeof copyIncluded,
  keepScalars: boolean,
): void {
  const start = output.beginDocument();
  let index = 0;
  eachElement(bytes, at, (element, value, end) => {
    const type = bytes[element]!;
    if (!isNested(type) && !keepScalars) return;
    output.byte(type);
    output.text(String(index++));
    output.byte(0);
    if (type === bsonType.document) copy(output, bytes, value, names);
    else if (type === bsonType.array) copyItems(output, bytes, value, names, copy, keepScalars);
    else output.copy(bytes, value, end);
  });
  output.endDocument(start);
}

function eachElement(
  bytes: Uint8Array,
  document: number,
  take: (element: number, value: number, end: number) => void,
): void {
  const close = document + int32At(bytes, document) - 1;
  let element = document + 4;
  while (element < close) {
    const value = nameEndAt(bytes, element + 1) + 1;
    const end = value + valueSize(bytes[element]!, bytes, value);
    take(element, value, end);
    element = end;
  }
}

function isNested(type: number): boolean {
  return type === bsonType.document || type === bsonType.array;
}

function nameText(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1");
}
