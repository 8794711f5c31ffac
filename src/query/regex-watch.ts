/**
 * A regular expression can backtrack for longer than anybody lives, and nothing in its own thread can stop it. So whoever runs
 * matchers in a thread may give it a cell of shared memory to be watched by: it is odd while an expression works on a text, and
 * another number each time.
 */
let cell: Int32Array | null = null;

/** From here on this thread's matchers tell in the first number of `shared` what they are at. */
export function tellRegexes(shared: Int32Array): void {
  cell = shared;
}

export function watchedTest(regex: RegExp, text: string): boolean {
  if (cell === null) return regex.test(text);
  Atomics.add(cell, 0, 1);
  const matches = regex.test(text);
  Atomics.add(cell, 0, 1);
  return matches;
}

/**
 * The other side: looks at the cell now and then, from a thread that nothing keeps busy. It counts looks, not time: a process
 * that was stopped for an hour has not looked.
 */
export class RegexWatch {
  readonly shared = new Int32Array(new SharedArrayBuffer(4));
  #seen = 0;
  #looks = 0;

  /** How many looks in a row have met one and the same text. */
  look(): number {
    const now = Atomics.load(this.shared, 0);
    this.#looks = now === this.#seen && now % 2 !== 0 ? this.#looks + 1 : 0;
    this.#seen = now;
    return this.#looks;
  }
}
