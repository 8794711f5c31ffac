import { DocferryError } from "../../job/errors.ts";

/** A part of a form, as it comes. What is not read of its bytes is passed over. */
export interface FormPart {
  /** "" where it has none. */
  name: string;
  contentType: string | null;
  /** Views that are good until the next one is asked for. */
  bytes: AsyncIterable<Buffer>;
}

/** Bytes of a part's headers. */
const headLimit = 16 * 1024;
const partLimit = 100;

/** The boundary that a Content-Type header names; null if it is not that of a form with parts. */
export function boundaryOf(contentType: string | undefined): string | null {
  if (contentType === undefined || !/^multipart\/form-data\s*(;|$)/i.test(contentType)) return null;
  const boundary = parameterOf(contentType, "boundary");
  return boundary === null || !/^[\x20-\x7e]{1,200}$/.test(boundary) ? null : boundary;
}

/**
 * The parts of a multipart/form-data body (RFC 7578), one after another. It pulls: nothing is read before it is asked for, so a
 * slow disk slows the client down and memory stays flat, whatever the size of a part.
 * @throws {DocferryError} `invalid_form`, also when the body ends before the form does
 */
export async function* readParts(
  body: AsyncIterable<Uint8Array>,
  boundary: string,
): AsyncGenerator<FormPart, void, undefined> {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const source = body[Symbol.asyncIterator]();
  const reader = new Reader(source);
  try {
    await pass(reader.until(delimiter));
    for (let count = 0; !(await reader.startsWith("--")); count++) {
      if (count === partLimit) throw malformed(`There are more than ${partLimit} parts`);
      const head = parseHead(await reader.whole("\r\n\r\n", headLimit));
      let ended = false;
      const bytes = async function* (): AsyncGenerator<Buffer, void, undefined> {
        yield* reader.until(delimiter);
        ended = true;
      };
      yield { ...head, bytes: bytes() };
      // Whoever took the part may have left it in the middle.
      if (!ended) await pass(reader.until(delimiter));
    }
  } finally {
    await source.return?.();
  }
}

/** A window on a body that moves forward only. */
class Reader {
  readonly #source: AsyncIterator<Uint8Array>;
  /** The first delimiter need not follow a line break: so there is one before the body. */
  #window: Buffer = Buffer.from("\r\n");

  constructor(source: AsyncIterator<Uint8Array>) {
    this.#source = source;
  }

  /** What comes before the delimiter, in pieces. Both are behind the window then. */
  async *until(delimiter: Buffer): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const at = this.#window.indexOf(delimiter);
      const end = at < 0 ? safeEnd(this.#window, delimiter) : at;
      const piece = this.#window.subarray(0, end);
      this.#window = this.#window.subarray(at < 0 ? end : end + delimiter.length);
      if (piece.length > 0) yield piece;
      if (at >= 0) return;
      await this.#fill();
    }
  }

  /** What comes before `delimiter`, at most `limit` bytes of it. */
  async whole(delimiter: string, limit: number): Promise<Buffer> {
    for (;;) {
      const at = this.#window.indexOf(delimiter);
      if (at > limit || (at < 0 && this.#window.length > limit + delimiter.length)) {
        throw malformed(`A part's headers have more than ${limit} bytes`);
      }
      if (at >= 0) {
        const before = this.#window.subarray(0, at);
        this.#window = this.#window.subarray(at + delimiter.length);
        return before;
      }
      await this.#fill();
    }
  }

  async startsWith(text: string): Promise<boolean> {
    while (this.#window.length < text.length) await this.#fill();
    return this.#window.toString("latin1", 0, text.length) === text;
  }

  async #fill(): Promise<void> {
    const next = await this.#source.next();
    if (next.done === true) throw malformed("The body ends before the form does");
    const { buffer, byteOffset, byteLength } = next.value;
    const more = Buffer.from(buffer, byteOffset, byteLength);
    this.#window = this.#window.length === 0 ? more : Buffer.concat([this.#window, more]);
  }
}

/** Up to where a window without the delimiter can have none: its end may be the beginning of one. */
function safeEnd(window: Buffer, delimiter: Buffer): number {
  const from = Math.max(0, window.length - delimiter.length + 1);
  for (let at = window.indexOf(13, from); at >= 0; at = window.indexOf(13, at + 1)) {
    if (delimiter.compare(window, at, window.length, 0, window.length - at) === 0) return at;
  }
  return window.length;
}

/** Behind a delimiter: blanks to the end of the line, then the headers, one a line. */
function parseHead(bytes: Buffer): { name: string; contentType: string | null } {
  const [padding = "", ...lines] = bytes.toString().split("\r\n");
  if (padding.trim() !== "") throw malformed("There is text behind a boundary");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon <= 0) throw malformed("A part has a line that is no header");
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const disposition = headers.get("content-disposition") ?? "";
  return {
    name: parameterOf(disposition, "name") ?? "",
    contentType: headers.get("content-type") ?? null,
  };
}

/** A parameter of a header's value: `; name=value` or `; name="value"`, with backslash escapes between the quotes. */
function parameterOf(header: string, wanted: string): string | null {
  const parameters = header.matchAll(/;\s*([^\s=;"]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s;"]*))/g);
  for (const [, name = "", quoted, token] of parameters) {
    if (name.toLowerCase() === wanted) return quoted?.replace(/\\(.)/g, "$1") ?? token ?? "";
  }
  return null;
}

async function pass(pieces: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of pieces);
}

function malformed(message: string): DocferryError {
  return new DocferryError("invalid_form", message);
}
