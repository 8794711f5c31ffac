import { Cursor, nameIs } from "../../bson/walk.ts";

const idName = Uint8Array.of(0x5f, 0x69, 0x64);

/**
 * What `{$set: record}` makes of a document: fields of the same name take the record's value in their place, others of the
 * record follow in its order, `_id` stays. Keys are names, never paths.
 * @returns the same document, not a copy, where nothing changes
 */
export function mergeFields(document: Uint8Array, record: Uint8Array): Uint8Array {
  const news = elementsByName(record);
  const pieces: Uint8Array[] = [];
  let size = 5;
  const add = (piece: Uint8Array): void => {
    pieces.push(piece);
    size += piece.length;
  };
  const cursor = new Cursor(document);
  while (cursor.next()) {
    const own = document.subarray(cursor.nameStart - 1, cursor.valueEnd);
    const name = nameOf(cursor);
    add(news.get(name) ?? own);
    news.delete(name);
  }
  for (const element of news.values()) add(element);
  const merged = joined(pieces, size);
  return Buffer.compare(merged, document) === 0 ? document : merged;
}

/** The record's elements (type, name, value) but for its `_id`. */
function elementsByName(record: Uint8Array): Map<string, Uint8Array> {
  const elements = new Map<string, Uint8Array>();
  const cursor = new Cursor(record);
  while (cursor.next()) {
    if (nameIs(record, cursor.nameStart, cursor.nameEnd, idName)) continue;
    elements.set(nameOf(cursor), record.subarray(cursor.nameStart - 1, cursor.valueEnd));
  }
  return elements;
}

/** A character for each byte: equal exactly where the bytes are. */
function nameOf({ bytes, nameStart, nameEnd }: Cursor): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + nameStart, nameEnd - nameStart).toString(
    "latin1",
  );
}

function joined(pieces: Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setInt32(0, size, true);
  let at = 4;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
