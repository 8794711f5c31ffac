import type { Speed } from "./progress-line.ts";

interface Sample {
  at: number;
  records: number;
  bytes: number;
}

/** Seconds back that a speed is taken over: long enough to be steady, short enough to follow. */
const windowSeconds = 5;
const shortestSeconds = 0.3;

/** How fast counters rise of late. What a job had done before it was watched counts for nothing. */
export class SpeedMeter {
  readonly #samples: Sample[] = [];

  /** @param now ms */
  add(now: number, counters: { records: number; bytes: number }): Speed {
    const last = this.#samples.at(-1);
    // A counter that goes back is another phase's: it begins anew.
    if (last && (counters.records < last.records || counters.bytes < last.bytes)) {
      this.#samples.length = 0;
    }
    this.#samples.push({ at: now, ...counters });
    while ((this.#samples[1]?.at ?? Infinity) <= now - windowSeconds * 1000) this.#samples.shift();
    const first = this.#samples[0];
    const seconds = first ? (now - first.at) / 1000 : 0;
    if (!first || seconds < shortestSeconds)
      return { recordsPerSecond: null, bytesPerSecond: null };
    return {
      recordsPerSecond: (counters.records - first.records) / seconds,
      bytesPerSecond: (counters.bytes - first.bytes) / seconds,
    };
  }
}
