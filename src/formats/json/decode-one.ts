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
  if (bytes[from] !== 0x7b) throw failed(state, bytes, state.unexpected(from, "an object"));
  const end = new ObjectParser(state, false).record(from, 0);
  if (end < 0) throw failed(state, bytes, end);
  const behind = skipBlank(state, end);
  if (behind < bytes.length) {
    throw failed(state, bytes, state.unexpected(behind, "nothing more behind the object"));
  }
  return Uint8Array.from(state.out.subarray(0, state.at));
}

function failed(state: DecodeState, bytes: Buffer, _fault: number): DocferryError {
  const before = bytes.subarray(0, state.faultAt);
  const line = before.filter((byte) => byte === 0x0a).length + 1;
  const column = before.length - before.lastIndexOf(0x0a);
  const message = state.message || "The object does not end";
  const place = `line ${line}, column ${column}`;
  const field = state.path ? `, field ${state.path}` : "";
  return new DocferryError("invalid_argument", `${message} (${place}${field})`);
}
