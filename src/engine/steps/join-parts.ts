import { setTimeout as sleep } from "node:timers/promises";
import { newObjectId } from "../../files/object-id.ts";
import type { StoredObject } from "../../files/object-store.ts";
import type { EncodeSpec } from "../../formats/codec.ts";
import { createEncoder } from "../../formats/formats.ts";
import type { Part } from "../../job/task.ts";
import type { StepContext } from "./step.ts";

type Piece = Uint8Array | { object: string };

/** Puts the parts of an export together: head, texts, tail. */
export async function* joinParts(
  { encode, parts }: { encode: EncodeSpec; parts: Part[] },
  context: StepContext,
): AsyncGenerator<{ bytes: number }, StoredObject, void> {
  const { head, between, tail } = createEncoder(encode);
  const [only] = parts;
  if (only?.md5 && parts.length === 1 && head.length === 0 && tail.length === 0) {
    // The part is the file already.
    return { id: only.object, size: only.size, md5: only.md5 };
  }
  const texts = parts.flatMap((part, index): Piece[] =>
    index === 0 ? [{ object: part.object }] : [between, { object: part.object }],
  );
  const pieces = [head, ...texts, tail].filter(
    (piece) => !(piece instanceof Uint8Array) || piece.length > 0,
  );
  return yield* join(pieces, context);
}

const lookEveryMs = 200;

/** Joins, and says how far it is whenever it has got further. */
async function* join(
  pieces: Piece[],
  { files, signal }: StepContext,
): AsyncGenerator<{ bytes: number }, StoredObject, void> {
  let bytes = 0;
  let told = 0;
  const joining = files.join(newObjectId(), pieces, {
    signal,
    onBytes: (more) => (bytes += more),
  });
  for (;;) {
    const joined = await Promise.race([joining, sleep(lookEveryMs)]);
    if (joined) return joined;
    if (bytes > told) yield { bytes };
    told = bytes;
  }
}
