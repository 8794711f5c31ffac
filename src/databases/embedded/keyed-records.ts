import { documentAt } from "../../bson/documents.ts";
import { freeMemory } from "../../bson/free-memory.ts";
import { appendOrderKey, orderKeyBound } from "../../bson/order-key.ts";
import { bsonType } from "../../bson/types.ts";
import { findField, valueSize } from "../../bson/walk.ts";
import type { RecordBatch } from "../../job/record-batch.ts";
import type { Reject, RejectCode } from "../../job/reject.ts";
import type { SinkSpec } from "../database.ts";
import { withDerivedId } from "./derived-id.ts";
import { idText } from "./id-text.ts";
import { sortSlices } from "./sort-slices.ts";

const idName = Uint8Array.of(0x5f, 0x69, 0x64);

/**
 * The records of a batch with the order keys of their `_id`s, all keys in one piece of memory. Disposing it frees that: left to the
 * collector, a writer has tens of megabytes of it. The batch stays.
 */
export class KeyedRecords implements Disposable {
  readonly batch: RecordBatch;
  #keys = new Uint8Array(1024);
  /** `count + 1` positions in `#keys`. */
  readonly #keyStarts: Uint32Array;
  /** Documents of records that came without `_id`. */
  readonly #completed = new Map<number, Uint8Array>();
  /** Records whose `_id` no document may have. */
  readonly invalid: number[] = [];

  constructor(batch: RecordBatch, spec: SinkSpec) {
    this.batch = batch;
    this.#keyStarts = new Uint32Array(batch.count + 1);
    let at = 0;
    for (let i = 0; i < batch.count; i++) {
      at = this.#appendKey(i, at, spec);
      this.#keyStarts[i + 1] = at;
    }
  }

  [Symbol.dispose](): void {
    freeMemory(this.#keys, this.#keyStarts);
  }

  /** The record's document as it is inserted: with an `_id`. */
  document(index: number): Uint8Array {
    return this.#completed.get(index) ?? documentAt(this.batch, index);
  }

  key(index: number): Uint8Array {
    return this.#keys.subarray(this.#keyStarts[index], this.#keyStarts[index + 1]);
  }

  /** Bytes of the key. */
  keySize(index: number): number {
    return this.#keyStarts[index + 1]! - this.#keyStarts[index]!;
  }

  /** The record came without `_id`. */
  lacksId(index: number): boolean {
    return this.#completed.has(index);
  }

  offset(index: number): number {
    return this.batch.offsets[index]!;
  }

  reject(index: number, code: RejectCode, message: string, path: string): Reject {
    return {
      offset: this.batch.offsets[index]!,
      length: this.batch.lengths[index]!,
      line: this.batch.lines[index]!,
      column: 0,
      code,
      message,
      path,
    };
  }

  /** The record's `_id` as short text. */
  idText(index: number): string {
    const document = this.document(index);
    const element = findField(document, 0, idName);
    return element < 0 ? "" : idText(document[element]!, document, element + 5);
  }

  /**
   * The records in order of key, those with the same key in file order. Keys that ascend already, as derived and
   * exported ones do, cost one pass.
   * @param indexes in file order
   */
  sorted(indexes: Uint32Array): Uint32Array {
    const starts = this.#keyStarts;
    return sortSlices({ bytes: this.#keys, starts, ends: starts.subarray(1) }, indexes);
  }

  #appendKey(index: number, at: number, spec: SinkSpec): number {
    const { batch } = this;
    let bytes = batch.bytes;
    let element = findField(bytes, batch.starts[index]!, idName);
    if (element < 0) {
      const offset = batch.offsets[index]!;
      bytes = withDerivedId(documentAt(batch, index), { ...spec, offset });
      element = 4;
      this.#completed.set(index, bytes);
    }
    const type = bytes[element]!;
    if (type === bsonType.array || type === bsonType.regex || type === bsonType.undefined) {
      this.invalid.push(index);
    }
    this.#reserve(at + orderKeyBound(valueSize(type, bytes, element + 5)));
    return appendOrderKey(this.#keys, at, type, bytes, element + 5);
  }

  #reserve(size: number): void {
    if (size <= this.#keys.length) return;
    const grown = new Uint8Array(Math.max(size, this.#keys.length * 2));
    grown.set(this.#keys);
    freeMemory(this.#keys);
    this.#keys = grown;
  }
}
