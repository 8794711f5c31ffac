/**
 * Many BSON documents in one piece of memory: document `i` is `bytes[starts[i] … starts[i + 1])`.
 * The arrays are made to be handed to another thread whole, without a copy for each document.
 */
export interface Documents {
  bytes: Uint8Array;
  /** `count + 1` positions in `bytes`. */
  starts: Uint32Array;
  count: number;
}

/** Document `i`, as a view. */
export function documentAt(documents: Documents, index: number): Uint8Array {
  return documents.bytes.subarray(documents.starts[index], documents.starts[index + 1]);
}
