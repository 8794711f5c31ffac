/** Bytes that `withDerivedId` adds: type, `_id`, NUL, 12 bytes of ObjectId. */
const addedBytes = 17;

/**
 * The document with the `_id` of a record that had none before all its fields: an ObjectId of the submit time (4 bytes),
 * the job key (3) and the record's byte offset (5), all big-endian. The same as a codec derives (`DerivedId`).
 * @param jobKey hex digits, at least 6
 */
export function withDerivedId(
  document: Uint8Array,
  { seconds, jobKey, offset }: { seconds: number; jobKey: string; offset: number },
): Uint8Array {
  const size = document.length + addedBytes;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, size, true);
  bytes.set([0x07, 0x5f, 0x69, 0x64, 0x00], 4);
  view.setUint32(9, seconds);
  bytes.set(Buffer.from(jobKey.slice(0, 6), "hex"), 13);
  view.setUint8(16, offset / 0x100000000);
  view.setUint32(17, offset % 0x100000000);
  bytes.set(document.subarray(4), 21);
  return bytes;
}
