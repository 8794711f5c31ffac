import { type Kernels, kernels } from "../wasm/kernels.ts";
import type { Documents } from "./documents.ts";
import { hashLanes, murmur3 } from "./murmur3.ts";

/**
 * A digest of a collection's content that does not depend on the documents' order and can be made in pieces: the count of
 * documents, and the sum modulo 2^128 of their MurmurHash3. docs/digest.md specifies it for other programs.
 */
export class ContentDigest {
  #count = 0;
  /** The sum in digits of 2^32, the lowest first. */
  readonly #sum = new Uint32Array(4);

  /** Documents so far. */
  get count(): number {
    return this.#count;
  }

  add(documents: Documents): void {
    const { bytes, starts, count } = documents;
    const kernel = kernels();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < count;) {
      const together = kernel ? this.#addWindow(kernel, documents, i) : 0;
      // One that is larger than the window, or all of them.
      if (together === 0) this.#addHash(view, starts[i]!, starts[i + 1]!);
      i += together || 1;
    }
  }

  /** Adds the one document `bytes[from … to)`. */
  addBytes(bytes: Uint8Array, from = 0, to = bytes.length): void {
    this.#addHash(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), from, to);
  }

  /** Adds all that the other digest has seen. */
  merge(other: ContentDigest): void {
    this.#count += other.#count;
    addLanes(this.#sum, other.#sum);
  }

  /** `docferry1:<count>:<32 hex digits>` */
  toString(): string {
    const digits = Array.from(this.#sum, (lane) => lane.toString(16).padStart(8, "0"));
    return `docferry1:${this.#count}:${digits.reverse().join("")}`;
  }

  /** @throws {RangeError} where the text is not what `toString` gives */
  static parse(text: string): ContentDigest {
    const match = /^docferry1:(0|[1-9]\d{0,15}):([0-9a-f]{32})$/.exec(text);
    if (!match || !Number.isSafeInteger(Number(match[1]))) {
      throw new RangeError(`Not a content digest: ${text}`);
    }
    const digest = new ContentDigest();
    digest.#count = Number(match[1]);
    for (let lane = 0; lane < 4; lane++) {
      digest.#sum[lane] = Number.parseInt(match[2]!.slice(24 - 8 * lane, 32 - 8 * lane), 16);
    }
    return digest;
  }

  /** Adds the documents from `first` on whose bytes fit into the kernel's window; gives how many they are. */
  #addWindow(kernel: Kernels, { bytes, starts, count }: Documents, first: number): number {
    const { window, places, sums } = kernel;
    const base = starts[first]!;
    const most = Math.min(count, first + places.length - 1);
    let to = first;
    while (to < most && starts[to + 1]! - base <= window.length) to++;
    if (to === first) return 0;
    window.set(bytes.subarray(base, starts[to]));
    places.set(starts.subarray(first, to + 1));
    kernel.sumHashes(to - first, base);
    this.#count += to - first;
    addLanes(this.#sum, sums);
    return to - first;
  }

  #addHash(view: DataView, from: number, to: number): void {
    murmur3(view, from, to);
    this.#count++;
    addLanes(this.#sum, hashLanes);
  }
}

function addLanes(sum: Uint32Array, other: Uint32Array): void {
  let carry = 0;
  for (let lane = 0; lane < 4; lane++) {
    const total = sum[lane]! + other[lane]! + carry;
    sum[lane] = total;
    carry = total >= 0x100000000 ? 1 : 0;
  }
}
