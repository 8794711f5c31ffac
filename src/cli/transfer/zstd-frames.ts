import { Transform } from "node:stream";

/**
 * Cuts what comes where a frame of Zstandard ends (RFC 8878), and changes nothing. A file may have many: `zstd` writes them for
 * files one after the other, `pzstd` for each part of one. Node's stream goes on with the next frame only if that begins with a
 * piece of its own; what stands behind a frame within a piece it drops, without a word.
 */
export function cutAtFrames(): Transform {
  const walk = frames();
  let step = nextStep(walk, 0);
  let done = 0;
  let value = 0;
  return new Transform({
    transform(piece: Uint8Array, _encoding, give) {
      let from = 0;
      let at = 0;
      while (at < piece.length) {
        const bytes = Math.min(step.bytes - done, piece.length - at);
        if (step.kind === "read") {
          for (let n = 0; n < bytes; n++) value += (piece[at + n] ?? 0) * 2 ** (8 * (done + n));
        }
        at += bytes;
        done += bytes;
        if (done < step.bytes) break;
        step = nextStep(walk, value);
        done = 0;
        value = 0;
        if (!step.isStart) continue;
        this.push(piece.subarray(from, at));
        from = at;
      }
      give(null, from < piece.length ? piece.subarray(from) : undefined);
    },
  });
}

interface Step {
  kind: "read" | "skip";
  bytes: number;
  /** A frame begins here. */
  isStart: boolean;
}

/** The next step that takes a byte. */
function nextStep(walk: Generator<Step, never, number>, value: number): Step {
  let { value: step } = walk.next(value);
  while (step.bytes === 0) ({ value: step } = walk.next(0));
  return step;
}

const frameMagic = 0xfd2fb528;
/** The last four bits are anybody's. */
const skippableMagic = 0x184d2a50;
/** Of a block that is one byte over and over. */
const repeatedBytes = 1;

/** What stands in the file one after the other; gets the numbers that are to be read, little-endian. */
function* frames(): Generator<Step, never, number> {
  for (;;) {
    const magic = yield { kind: "read", bytes: 4, isStart: true };
    if (magic === frameMagic) yield* frame();
    else if (magic - (magic % 16) === skippableMagic) yield skip(yield read(4));
    // No frame: whoever unpacks says so.
    else for (;;) yield skip(Infinity);
  }
}

function* frame(): Generator<Step, void, number> {
  const descriptor = yield read(1);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 0x04) !== 0;
  const windowBytes = isSingleSegment ? 0 : 1;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  yield skip(windowBytes + dictionaryBytes + sizeBytes);
  for (let isLast = false; !isLast;) {
    const header = yield read(3);
    isLast = (header & 1) === 1;
    const isRepeated = ((header >> 1) & 3) === 1;
    yield skip(isRepeated ? repeatedBytes : header >> 3);
  }
  yield skip(hasChecksum ? 4 : 0);
}

function read(bytes: number): Step {
  return { kind: "read", bytes, isStart: false };
}

function skip(bytes: number): Step {
  return { kind: "skip", bytes, isStart: false };
}
