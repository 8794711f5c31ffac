/** Bytes of the window: as many as a call looks at. */
export const windowBytes: i32 = 64 * 1024;

/** Behind the window's bytes there is room for a block. */
const padding: i32 = 64;

/** Where the caller puts the bytes that a call looks at. */
export const window: usize = memory.data(windowBytes + padding, 64);

/** Zeros behind the bytes, which mean nothing to anybody, so that a block may be read whole. */
export function padWindow(length: i32): void {
  memory.fill(window + length, 0, padding);
}
