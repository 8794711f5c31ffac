import { DocferryError } from "../../job/errors.ts";
import { parseExtendedJson } from "./decode-one.ts";
import { LegacyFault } from "./legacy-fault.ts";
import { LegacyText } from "./legacy-text.ts";

/**
 * One object as people type it into a shell, such as `{ age: { $gte: 3 }, _id: ObjectId("…") }`, as a BSON document. What is
 * Extended JSON is read as that.
 * @throws {DocferryError} `invalid_argument` with line and column of what is wrong
 */
export function parseLooseJson(text: string): Uint8Array {
  try {
    return parseExtendedJson(text);
  } catch (strict) {
    if (!(strict instanceof DocferryError)) throw strict;
    const json = translated(text, strict);
    try {
      return parseExtendedJson(json);
    } catch (error) {
      if (!(error instanceof DocferryError)) throw error;
      // The place is one in the translation.
      const message = error.message.replace(/ \(line \d+, column \d+(?:\)$|, )/, (place) =>
        place.endsWith(")") ? "" : " (",
      );
      throw new DocferryError(error.code, message, { cause: error });
    }
  }
}

/** @param strict what is thrown where the text does not even begin as an object */
function translated(text: string, strict: DocferryError): string {
  const bytes = Buffer.from(text);
  const from = text.length - text.trimStart().length;
  if (!text.startsWith("{", from)) throw strict;
  const start = Buffer.byteLength(text.slice(0, from));
  const legacy = new LegacyText();
  try {
    const end = legacy.translate(bytes, start, bytes.length);
    const behind = bytes.toString("utf8", end).trim();
    if (behind !== "") throw new LegacyFault(end, "Nothing more may stand behind the object");
  } catch (error) {
    if (!(error instanceof LegacyFault)) throw error;
    const before = bytes.subarray(0, error.at);
    const line = before.filter((byte) => byte === 0x0a).length + 1;
    const column = before.length - before.lastIndexOf(0x0a);
    throw new DocferryError(
      "invalid_argument",
      `${error.message} (line ${line}, column ${column})`,
      { cause: error },
    );
  }
  const { output } = legacy;
  return Buffer.from(output.bytes.subarray(0, output.length)).toString();
}
