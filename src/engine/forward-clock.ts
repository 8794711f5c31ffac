/**
 * A clock for what becomes due: it follows the wall clock forward, and where that steps back it goes on at its own pace. With
 * the wall clock alone everything that was due at the moment of a step back would wait for as long as the step.
 * @param wall unix ms
 * @param steady ms that pass, from any beginning
 */
export function forwardClock(wall: () => number, steady: () => number): () => number {
  let at = { time: wall(), steady: steady() };
  return () => {
    const now = steady();
    at = { time: Math.max(wall(), at.time + now - at.steady), steady: now };
    return Math.floor(at.time);
  };
}
