import { ContentDigest } from "../../bson/digest.ts";
import { freeMemory } from "../../bson/free-memory.ts";
import type { KeyRange } from "../../databases/database.ts";
import { newObjectId } from "../../files/object-id.ts";
import type { ObjectWriter, Piece, StoredObject } from "../../files/object-store.ts";
import type { Encoder, EncodeSpec } from "../../formats/codec.ts";
import { createEncoder } from "../../formats/formats.ts";
import { noCounts } from "../../job/counts.ts";
import type { ExportSpec } from "../../job/job.ts";
import type { Part } from "../../job/task.ts";
import { restoredQuery } from "../job-plan.ts";
import type { StepContext } from "./step.ts";

export interface EncodeArgument {
  environment: string;
  query: ExportSpec["query"];
  range: KeyRange;
  /** Where an earlier attempt's last part ended. */
  after: string | null;
  encode: EncodeSpec;
  /** The task's number, for its parts. */
  task: number;
  /** Number of the first part that this run makes. */
  firstPart: number;
  /** Bytes at which a part is finished. */
  partBytes: number;
}

export type EncodeItem =
  /** Of the part in the making. */
  { type: "progress"; records: number; bytes: number } | { type: "part"; part: Part };

/** Reads a range of a collection, encodes it, and writes it as parts. */
export async function* encodeRange(
  argument: EncodeArgument,
  context: StepContext,
): AsyncGenerator<EncodeItem, true, void> {
  await using source = await context.databases.openSource(argument.environment);
  const encoder = createEncoder(argument.encode);
  const mayBeFile = isWhole(argument.range) && encoder.head.length + encoder.tail.length === 0;
  let ordinal = argument.firstPart;
  let part: PartWriter | null = null;
  try {
    for await (const page of source.read(restoredQuery(argument.query), argument.range, {
      after: argument.after,
      signal: context.signal,
    })) {
      if (page.count > 0) {
        part ??= await PartWriter.start(encoder, context, { hashed: mayBeFile && ordinal === 0 });
        await part.write(page);
      }
      if (part && part.bytes >= argument.partBytes) {
        yield { type: "part", part: await part.finish(argument.task, ordinal++, page.endKey) };
        part = null;
      } else {
        yield { type: "progress", records: part?.records ?? 0, bytes: part?.bytes ?? 0 };
      }
      if (page.count > 0 && part) part.endKey = page.endKey;
      freeMemory(page.bytes);
    }
    if (part) {
      yield { type: "part", part: await part.finish(argument.task, ordinal, part.endKey) };
      part = null;
    }
    return true;
  } finally {
    await part?.abort();
  }
}

function isWhole({ from, to }: KeyRange): boolean {
  return from === null && to === null;
}

/** A part in the making: its object, and what stands in its row. */
class PartWriter {
  endKey: string | null = null;
  records = 0;
  readonly #encoder: Encoder;
  readonly #writer: ObjectWriter<Piece | StoredObject>;
  readonly #digest = new ContentDigest();
  readonly #retypedBefore: number;
  readonly #formulasBefore: number;

  private constructor(encoder: Encoder, writer: ObjectWriter<Piece | StoredObject>) {
    this.#encoder = encoder;
    this.#writer = writer;
    this.#retypedBefore = encoder.retyped;
    this.#formulasBefore = encoder.formulas;
  }

  /** @param options.hashed it may turn out to be the whole file; else its bytes are hashed when they are joined */
  static async start(
    encoder: Encoder,
    { files }: StepContext,
    { hashed }: { hashed: boolean },
  ): Promise<PartWriter> {
    const id = newObjectId();
    return new PartWriter(encoder, await (hashed ? files.create(id) : files.createPiece(id)));
  }

  get bytes(): number {
    return this.#writer.size;
  }

  async write(page: Parameters<Encoder["encode"]>[0]): Promise<void> {
    this.#digest.add(page);
    await this.#writer.write(this.#encoder.encode(page, this.records === 0));
    this.records += page.count;
  }

  async finish(task: number, ordinal: number, endKey: string | null): Promise<Part> {
    const object = await this.#writer.finish();
    return {
      task,
      ordinal,
      object: object.id,
      size: object.size,
      md5: "md5" in object ? object.md5 : null,
      counts: { ...noCounts, records: this.records },
      digest: this.#digest.toString(),
      retyped: this.#encoder.retyped - this.#retypedBefore,
      formulas: this.#encoder.formulas - this.#formulasBefore,
      endKey,
    };
  }

  abort(): Promise<void> {
    return this.#writer.abort();
  }
}
