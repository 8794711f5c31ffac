/** The vendor's days begin at midnight in China, which knows no summer time. */
const offsetMs = 8 * 3_600_000;
const dayMs = 24 * 3_600_000;

/** The number of the day. @param now unix ms */
export function chinaDay(now: number): number {
  return Math.floor((now + offsetMs) / dayMs);
}

/** When the day after begins, unix ms. */
export function nextChinaDay(now: number): number {
  return (chinaDay(now) + 1) * dayMs - offsetMs;
}
