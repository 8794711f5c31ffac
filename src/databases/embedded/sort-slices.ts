/** Pieces of one memory: piece `i` is `bytes[starts[i] … ends[i])`. */
export interface Slices {
  bytes: Uint8Array;
  starts: Uint32Array;
  ends: Uint32Array;
}

/**
 * Indexes of slices in the order of their bytes, those of equal ones in the order given. Slices that ascend already cost one
 * pass, and are given back as they are.
 */
export function sortSlices(slices: Slices, indexes: Uint32Array): Uint32Array {
  if (ascend(slices, indexes)) return indexes;
  const weights = weightsOf(slices, indexes);
  const places = Uint32Array.from(indexes, (_, place) => place);
  places.sort(
    (a, b) => weights[a]! - weights[b]! || compareSlices(slices, indexes[a]!, indexes[b]!) || a - b,
  );
  return places.map((place) => indexes[place]!);
}

export function compareSlices({ bytes, starts, ends }: Slices, a: number, b: number): number {
  const startA = starts[a]!;
  const startB = starts[b]!;
  const lengthA = ends[a]! - startA;
  const lengthB = ends[b]! - startB;
  const common = Math.min(lengthA, lengthB);
  for (let i = 0; i < common; i++) {
    const difference = bytes[startA + i]! - bytes[startB + i]!;
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}

function ascend(slices: Slices, indexes: Uint32Array): boolean {
  for (let i = 1; i < indexes.length; i++) {
    if (compareSlices(slices, indexes[i - 1]!, indexes[i]!) > 0) return false;
  }
  return true;
}

/** The six bytes behind the beginning that all slices share, as a number for each: it decides nearly always. */
function weightsOf(slices: Slices, indexes: Uint32Array): Float64Array {
  const { bytes, starts, ends } = slices;
  const shared = sharedLength(slices, indexes);
  const weights = new Float64Array(indexes.length);
  for (const [place, index] of indexes.entries()) {
    const from = starts[index]! + shared;
    const to = Math.min(ends[index]!, from + 6);
    let weight = 0;
    for (let at = from; at < from + 6; at++) weight = weight * 256 + (at < to ? bytes[at]! : 0);
    weights[place] = weight;
  }
  return weights;
}

function sharedLength({ bytes, starts, ends }: Slices, indexes: Uint32Array): number {
  const first = starts[indexes[0]!]!;
  let shared = ends[indexes[0]!]! - first;
  for (const index of indexes) {
    const start = starts[index]!;
    const length = Math.min(shared, ends[index]! - start);
    let same = 0;
    while (same < length && bytes[first + same] === bytes[start + same]) same++;
    shared = same;
  }
  return shared;
}
