import type { ObjectStore, ObjectWriter } from "../../files/object-store.ts";
import type { Reject } from "../../job/reject.ts";

/** Most bytes of a record that its line shows; the reject file has all of them. */
const rawShown = 64 * 1024;

/** A reject as its JSON line; `rawBytes` says how long the record is where `raw` is only its beginning. */
export async function rejectLine(reject: Reject, file: FileWindow): Promise<Uint8Array> {
  const shown = await file.slice(reject.offset, reject.offset + Math.min(reject.length, rawShown));
  const { line, offset, column, code, message, path } = reject;
  const raw = Buffer.from(shown).toString("utf8");
  const cut = reject.length > rawShown ? { rawBytes: reject.length } : {};
  return Buffer.from(
    `${JSON.stringify({ line, column, offset, code, message, path, raw, ...cut })}\n`,
  );
}

const windowBytes = 1 << 20;

/** Reads of a file whose places ascend: rejects that lie near each other cost one read. */
export class FileWindow {
  readonly #files: ObjectStore;
  readonly #object: string;
  readonly #size: number;
  readonly #signal: AbortSignal;
  #from = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(files: ObjectStore, object: string, size: number, signal: AbortSignal) {
    this.#files = files;
    this.#object = object;
    this.#size = size;
    this.#signal = signal;
  }

  /** Bytes `from` … `to`, of at most a window. */
  async slice(from: number, to: number): Promise<Uint8Array> {
    if (from < this.#from || to > this.#from + this.#bytes.length) {
      this.#from = from;
      const pieces: Uint8Array[] = [];
      for await (const piece of this.#read(from, Math.min(from + windowBytes, this.#size))) {
        pieces.push(piece);
      }
      this.#bytes = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
    }
    return this.#bytes.subarray(from - this.#from, to - this.#from);
  }

  /** Copies bytes of any number; the last one copied. */
  async copy(
    from: number,
    to: number,
    target: Pick<ObjectWriter, "write">,
  ): Promise<number | undefined> {
    let last: number | undefined;
    if (to - from <= windowBytes) {
      const bytes = await this.slice(from, to);
      await target.write(bytes);
      return bytes.at(-1);
    }
    for await (const piece of this.#read(from, to)) {
      await target.write(piece);
      last = piece.at(-1);
    }
    return last;
  }

  #read(from: number, to: number): AsyncIterable<Uint8Array> {
    return this.#files.read(this.#object, { from, to }, { signal: this.#signal });
  }
}
