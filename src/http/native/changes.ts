/** Waits for changes without being called for each: what happens during a pause counts once. */
export class Changes implements Disposable {
  readonly #stop: () => void;
  readonly #signal: AbortSignal;
  #changed = false;
  #wake: () => void = () => undefined;
  readonly #onAbort = () => this.#wake();

  /** @param onChange calls its listener after each change; gives a function that ends it */
  constructor(onChange: (listener: () => void) => () => void, signal: AbortSignal) {
    this.#signal = signal;
    this.#stop = onChange(() => {
      this.#changed = true;
      this.#wake();
    });
    signal.addEventListener("abort", this.#onAbort);
  }

  /**
   * Returns `pauseMs` from now at the earliest, then at the first change, after `longestMs` without one; at once when the
   * signal aborts.
   */
  async wait(pauseMs: number, longestMs: number): Promise<void> {
    await this.#sleep(pauseMs, () => false);
    await this.#sleep(longestMs - pauseMs, () => this.#changed);
    this.#changed = false;
  }

  [Symbol.dispose](): void {
    this.#stop();
    this.#signal.removeEventListener("abort", this.#onAbort);
  }

  #sleep(ms: number, isEnough: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake = () => {
        if (this.#signal.aborted || isEnough()) done();
      };
      this.#wake();
    });
  }
}
