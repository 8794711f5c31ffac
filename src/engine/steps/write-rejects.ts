import { newObjectId } from "../../files/object-id.ts";
import type { ObjectStore, ObjectWriter, StoredObject } from "../../files/object-store.ts";
import type { Reject } from "../../job/reject.ts";
import type { StepContext } from "./step.ts";

export interface RejectsArgument {
  environment: string;
  jobKey: string;
  /** The imported object, where the records stand. */
  object: string;
  size: number;
  /** Bytes of its header row. */
  headerBytes: number;
}

export interface RejectFiles {
  /** The records as they were, each on lines of its own, behind the header row: to mend and submit again. */
  records: StoredObject;
  /** One JSON line for each: `{line, offset, code, message, path, raw}`. */
  errors: StoredObject;
}

/** Most bytes of a record that its line in the errors file shows; the records file has all of them. */
const rawShown = 64 * 1024;
const newline = Buffer.from("\n");

/** Writes the two files that give the rejects of an import back. */
export async function* writeRejects(
  argument: RejectsArgument,
  context: StepContext,
): AsyncGenerator<{ rejects: number }, RejectFiles, void> {
  const { files, signal } = context;
  await using source = await context.databases.openSource(argument.environment);
  await using records = await files.create(newObjectId());
  await using errors = await files.create(newObjectId());
  const file = new FileWindow(files, argument.object, argument.size, signal);
  if (argument.headerBytes > 0) {
    const last = await file.copy(0, argument.headerBytes, records);
    if (last !== 0x0a) await records.write(newline);
  }
  let rejects = 0;
  for await (const page of source.rejects(argument.jobKey, { signal })) {
    for (const reject of page) {
      await file.copy(reject.offset, reject.offset + reject.length, records);
      if (reject.length > 0) await records.write(newline);
      await errors.write(await errorLine(reject, file));
    }
    rejects += page.length;
    yield { rejects };
  }
  return { records: await records.finish(), errors: await errors.finish() };
}

async function errorLine(reject: Reject, file: FileWindow): Promise<Uint8Array> {
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
class FileWindow {
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
  async copy(from: number, to: number, target: ObjectWriter): Promise<number | undefined> {
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
