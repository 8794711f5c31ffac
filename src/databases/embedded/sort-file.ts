import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type SortBuffer, entryHead } from "./sort-buffer.ts";

const writeBytes = 2 ** 20;

/** What readers of runs hold together at most, about. */
const mergeBytes = 16 * 2 ** 20;

/** A sorted run in the file. */
interface Run {
  from: number;
  to: number;
}

/**
 * A file of sorted runs that nobody else sees: it has no name once it is open, so it is gone whatever ends the process.
 */
export class SortFile {
  readonly #descriptor: number;
  readonly #runs: Run[] = [];
  #size = 0;

  /** @param folder where the file stands: on the disk that the documents come from */
  constructor(folder: string) {
    const own = mkdtempSync(join(folder, "sort-"));
    this.#descriptor = openSync(join(own, "runs"), "w+");
    rmSync(own, { recursive: true });
  }

  /** Appends the entries of a buffer as a run. @param order of their keys */
  addRun(entries: SortBuffer, order: Uint32Array): void {
    const from = this.#size;
    let block = Buffer.allocUnsafe(writeBytes);
    let filled = 0;
    for (const index of order) {
      const size = entries.entrySize(index);
      if (filled + size > block.length) {
        this.#append(block.subarray(0, filled));
        filled = 0;
        if (size > block.length) block = Buffer.allocUnsafe(size);
      }
      entries.copyEntry(index, block, filled);
      filled += size;
    }
    this.#append(block.subarray(0, filled));
    this.#runs.push({ from, to: this.#size });
  }

  /** Readers at the beginnings of all runs, in the order in which these were added. */
  readers(): RunReader[] {
    const blockBytes = Math.min(2 ** 18, Math.max(2 ** 14, mergeBytes / this.#runs.length));
    return this.#runs.map((run) => new RunReader(this.#descriptor, run, blockBytes));
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #append(bytes: Uint8Array): void {
    let written = 0;
    while (written < bytes.length) {
      const rest = bytes.length - written;
      written += writeSync(this.#descriptor, bytes, written, rest, this.#size + written);
    }
    this.#size += bytes.length;
  }
}

/** Goes through the entries of one run. */
export class RunReader {
  readonly #descriptor: number;
  readonly #run: Run;
  #buffer: Buffer;
  #at = 0;
  #filled = 0;
  #keyStart = 0;
  #documentStart = 0;

  constructor(descriptor: number, run: Run, blockBytes: number) {
    this.#descriptor = descriptor;
    this.#run = { ...run };
    this.#buffer = Buffer.allocUnsafe(blockBytes);
  }

  /** Moves to the next entry; false behind the last. */
  next(): boolean {
    if (!this.#fill(entryHead)) return false;
    const keyLength = this.#buffer.readUInt32LE(this.#at);
    const size = entryHead + keyLength + this.#buffer.readUInt32LE(this.#at + 4);
    this.#fill(size);
    this.#keyStart = this.#at + entryHead;
    this.#documentStart = this.#keyStart + keyLength;
    this.#at += size;
    return true;
  }

  /** The entry's document as a view; valid until the next one. */
  get document(): Buffer {
    return this.#buffer.subarray(this.#documentStart, this.#at);
  }

  /** The order of two readers' entries by key. */
  compare(other: RunReader): number {
    return this.#buffer.compare(
      other.#buffer,
      other.#keyStart,
      other.#documentStart,
      this.#keyStart,
      this.#documentStart,
    );
  }

  /** Sees to it that so many bytes stand at `#at`; false at the end of the run. */
  #fill(size: number): boolean {
    const left = this.#filled - this.#at;
    if (left >= size) return true;
    if (left === 0 && this.#run.from === this.#run.to) return false;
    const target =
      size > this.#buffer.length
        ? Buffer.allocUnsafe(Math.max(size, 2 * this.#buffer.length))
        : this.#buffer;
    this.#buffer.copy(target, 0, this.#at, this.#filled);
    this.#buffer = target;
    this.#at = 0;
    this.#filled = left;
    while (this.#filled < size) this.#read();
    return true;
  }

  #read(): void {
    const { from, to } = this.#run;
    const length = Math.min(to - from, this.#buffer.length - this.#filled);
    const read = readSync(this.#descriptor, this.#buffer, this.#filled, length, from);
    if (read === 0) throw new Error("A run of a sort ends too early");
    this.#run.from += read;
    this.#filled += read;
  }
}
