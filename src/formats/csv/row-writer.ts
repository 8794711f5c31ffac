import { bsonType } from "../../bson/types.ts";
import type { DecoderMemory, DerivedId } from "../codec.ts";
import type { DecimalBits } from "../json/decode-decimal.ts";
import { AutoNumber, isDouble, isInt32, isInt64, notANumber } from "./auto-number.ts";

/**
 * Writes BSON elements of cells into memory that the caller keeps large enough. An element's header (type byte, name) comes
 * first, with a type of 0, which the value then fills in.
 */
export class RowWriter {
  out: Buffer<ArrayBuffer>;
  /** Where the next byte goes. */
  at = 0;
  #view: DataView;
  /** Of `out`, to store several bytes at once. */
  get view(): DataView {
    return this.#view;
  }
  readonly #number = new AutoNumber();
  readonly #memory: DecoderMemory | null;
  /** What is taken where the memory is not enough, at least. */
  #size = 0;

  /** @param memory for the output, if there is some */
  constructor(memory: DecoderMemory | null = null) {
    this.#memory = memory;
    this.out = memory ? memory.documents : Buffer.alloc(0);
    this.#view = viewOf(this.out);
  }

  /**
   * Writes from the memory's beginning.
   * @param text bytes that are about to become documents
   */
  start(text: number): void {
    this.at = 0;
    this.#size = Math.ceil(text * usualGrowth) + 1024;
  }

  /** Makes `size` more bytes fit. Growing keeps what is written. */
  reserve(size: number): void {
    const needed = this.at + size;
    if (needed <= this.out.length) return;
    const room = Math.max(needed, this.out.length * 1.5, this.#size);
    const wider = Buffer.allocUnsafeSlow(Math.ceil(room));
    wider.set(this.out.subarray(0, this.at));
    this.out = wider;
    this.#view = viewOf(wider);
    if (this.#memory) this.#memory.documents = wider;
  }

  /** @returns where the document begins, for `close` */
  open(): number {
    const start = this.at;
    this.at += 4;
    return start;
  }

  close(start: number): void {
    this.out[this.at++] = 0;
    this.#view.setInt32(start, this.at - start, true);
  }

  /** @returns where the element's type stands, for the value */
  header(header: Uint8Array): number {
    const { out, at } = this;
    const { length } = header;
    for (let i = 0; i < length; i++) out[at + i] = header[i]!;
    this.at = at + length;
    return at;
  }

  /** The number that the text is by its own printing, else the text. */
  auto(typeAt: number, bytes: Uint8Array, from: number, to: number): void {
    const first = bytes[from]!;
    if (from < to && first <= 57 && (first >= 48 || first === 45)) {
      const kind = this.#number.read(bytes, from, to);
      if (kind === isInt32) return this.int32(typeAt, this.#number.value);
      if (kind === isDouble) return this.double(typeAt, this.#number.value);
      if (kind === isInt64) return this.#int64Halves(typeAt, this.#number.low, this.#number.high);
    }
    this.string(typeAt, bytes, from, to);
  }

  /**
   * Where the text `out[from … to)` is a number by its own printing, writes that at `valueAt` instead.
   * @returns the bytes that it takes; 0 where it stays text
   */
  number(typeAt: number, valueAt: number, from: number, to: number): number {
    const number = this.#number;
    const { out } = this;
    const kind = number.read(out, from, to);
    if (kind === notANumber) return 0;
    const view = this.#view;
    if (kind === isDouble) {
      out[typeAt] = bsonType.double;
      view.setFloat64(valueAt, number.value, true);
      return 8;
    }
    if (kind === isInt32) {
      out[typeAt] = bsonType.int32;
      view.setInt32(valueAt, number.value, true);
      return 4;
    }
    out[typeAt] = bsonType.int64;
    view.setInt32(valueAt, number.low, true);
    view.setInt32(valueAt + 4, number.high, true);
    return 8;
  }

  string(typeAt: number, bytes: Uint8Array, from: number, to: number): void {
    const { out } = this;
    out[typeAt] = bsonType.string;
    const length = to - from;
    let at = this.at;
    const size = length + 1;
    out[at] = size;
    out[at + 1] = size >>> 8;
    out[at + 2] = size >>> 16;
    out[at + 3] = size >>> 24;
    at += 4;
    if (length < shortText) {
      for (let i = from; i < to; i++) out[at++] = bytes[i]!;
    } else {
      out.set(bytes.subarray(from, to), at);
      at += length;
    }
    out[at] = 0;
    this.at = at + 1;
  }

  int32(typeAt: number, value: number): void {
    this.out[typeAt] = bsonType.int32;
    this.#view.setInt32(this.at, value, true);
    this.at += 4;
  }

  double(typeAt: number, value: number): void {
    this.out[typeAt] = bsonType.double;
    this.#view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  #int64Halves(typeAt: number, low: number, high: number): void {
    this.out[typeAt] = bsonType.int64;
    this.#view.setInt32(this.at, low, true);
    this.#view.setInt32(this.at + 4, high, true);
    this.at += 8;
  }

  boolean(typeAt: number, value: boolean): void {
    this.out[typeAt] = bsonType.boolean;
    this.out[this.at++] = value ? 1 : 0;
  }

  int64(typeAt: number, value: bigint): void {
    this.out[typeAt] = bsonType.int64;
    this.#bigInt(value);
  }

  /** @param milliseconds since 1970 */
  date(typeAt: number, milliseconds: number): void {
    this.out[typeAt] = bsonType.date;
    this.#bigInt(BigInt(milliseconds));
  }

  decimal(typeAt: number, value: DecimalBits): void {
    this.out[typeAt] = bsonType.decimal;
    this.#bigInt(BigInt.asIntN(64, value.low));
    this.#bigInt(BigInt.asIntN(64, value.high));
  }

  binary(typeAt: number, value: Uint8Array): void {
    this.out[typeAt] = bsonType.binary;
    this.#view.setInt32(this.at, value.length, true);
    this.out[this.at + 4] = 0;
    this.out.set(value, this.at + 5);
    this.at += 5 + value.length;
  }

  /** A value as BSON has it, which may be longer than its cell's text. */
  value(typeAt: number, type: number, value: Uint8Array): void {
    this.out[typeAt] = type;
    this.out.set(value, this.at);
    this.at += value.length;
  }

  /** Bytes that are BSON already. */
  append(bytes: Uint8Array): void {
    this.out.set(bytes, this.at);
    this.at += bytes.length;
  }

  #bigInt(value: bigint): void {
    this.#view.setBigInt64(this.at, value, true);
    this.at += 8;
  }

  /** `_id` as an ObjectId of the submit's time, the job and the row's place in the file. */
  derivedId(id: DerivedIdBytes, offset: number): void {
    const { out, at } = this;
    out.set(id.element, at);
    const high = Math.floor(offset / 0x100000000);
    out[at + 12] = high;
    this.#view.setUint32(at + 13, offset - high * 0x100000000);
    this.at = at + 17;
  }

  /** The same, as the first element of the document that was written last and begins at `start`. */
  derivedIdFirst(id: DerivedIdBytes, offset: number, start: number): void {
    const size = id.element.length;
    const end = this.at + size;
    this.out.copyWithin(start + 4 + size, start + 4, this.at);
    this.at = start + 4;
    this.derivedId(id, offset);
    this.at = end;
    this.#view.setInt32(start, end - start, true);
  }
}

/** Documents are mostly no longer than this, for each byte of text: names stand in each. */
const usualGrowth = 1.5;

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** Below this length a loop copies faster than a call. */
const shortText = 64;

/** The whole element, its last five bytes to be filled with the record's offset. */
export interface DerivedIdBytes {
  element: Uint8Array;
}

export function derivedIdBytes(id: DerivedId): DerivedIdBytes {
  const element = Buffer.alloc(17);
  element[0] = bsonType.objectId;
  element.write("_id", 1, "latin1");
  element.writeUInt32BE(id.seconds, 5);
  element.write(id.jobKey, 9, "hex");
  return { element };
}
