import type { RunReader } from "./sort-file.ts";

/** Goes through the entries of several runs in order of key; of equal keys, the earlier run's comes first. */
export class RunMerge {
  /** A binary heap of readers that stand at an entry, by number of the run. */
  readonly #heap: { reader: RunReader; run: number }[] = [];

  constructor(readers: RunReader[]) {
    for (const [run, reader] of readers.entries()) {
      if (!reader.next()) continue;
      this.#heap.push({ reader, run });
      this.#up(this.#heap.length - 1);
    }
  }

  /** The first entry's document as a view, valid until `advance`; undefined behind the last. */
  get document(): Buffer | undefined {
    return this.#heap[0]?.reader.document;
  }

  /** Moves behind the first entry. */
  advance(): void {
    const last = this.#heap.at(-1)!;
    if (!this.#heap[0]!.reader.next()) {
      this.#heap.pop();
      if (this.#heap.length === 0) return;
      this.#heap[0] = last;
    }
    this.#down();
  }

  #up(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #down(): void {
    let at = 0;
    for (;;) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#heap.length && this.#before(child, first)) first = child;
      }
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #before(a: number, b: number): boolean {
    const first = this.#heap[a]!;
    const second = this.#heap[b]!;
    return (first.reader.compare(second.reader) || first.run - second.run) < 0;
  }

  #swap(a: number, b: number): void {
    const first = this.#heap[a]!;
    this.#heap[a] = this.#heap[b]!;
    this.#heap[b] = first;
  }
}
