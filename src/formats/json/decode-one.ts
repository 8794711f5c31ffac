import { DocferryError } from "../../job/errors.ts";
import { ObjectParser } from "./decode-object.ts";
import { DecodeState, skipBlank, textPadding } from "./decode-state.ts";

/**
 * One Extended JSON object, such as a filter, as a BSON document.
 * @throws {DocferryError} `invalid_argument` with line, column and path of what is wrong
 */
export function parseExtendedJson(text: Uint8Array | string): Uint8Array {
  const bytes = Buffer.from(text);
  const state = new DecodeState();
  state.setText(Buffer.concat([bytes, Buffer.alloc(textPadding)]), bytes.length);
  state.beginDocument();
  const from = skipBlank(state, 0);
  if (bytes[from] !== 0x7b) {
    state.unexpected(from, "an object");
    throw failed(state, bytes, "");
  }
  const parser = new ObjectParser(state, false);
  const end = parser.record(from, 0);
  if (end < 0) throw failed(state, bytes, parser.faultPath());
  const behind = skipBlank(state, end);
  if (behind < bytes.length) {
    state.unexpected(behind, "nothing more behind the object");
    throw failed(state, bytes, "");
  }
  return Uint8Array.from(state.out.subarray(0, state.at));
}

function failed(state: DecodeState, bytes: Buffer, path: string): DocferryError {
  const before = bytes.subarray(0, state.faultAt);
  const line = before.filter((byte) => byte === 0x0a).length + 1;
  const column = before.length - before.lastIndexOf(0x0a);
  const unfinished = state.faultAt >= bytes.length;
  const message = unfinished ? "The object does not end" : state.message;
  const place = `line ${line}, column ${column}`;
  const field = path && !unfinished ? `, field ${path}` : "";
  return new DocferryError("invalid_argument", `${message} (${place}${field})`);
}
