import { dataSets } from "./codec/data-sets.ts";
import { digestCosts, digestRepeats } from "./codec/digest.ts";
import { type Direction, directions } from "./codec/directions.ts";
import { heapCosts } from "./codec/heap.ts";
import { scansOf } from "./codec/scans.ts";
import { type Round, roundsInThreads, threadedDirections } from "./codec/threads.ts";

// How fast does the codec go on one core, beside js-bson, csv-parse and csv-stringify doing the same in the same run, what
// does the content digest cost beside it, how fast are files cut into chunks, what is left for the collector, and what do two threads
// give?
//
//     node bench/codec.ts [megabytes of each data set] [rounds] [part of a data set's or direction's name]

const megabytes = Number(process.argv[2] ?? 8);
const rounds = Number(process.argv[3] ?? 5);
const wanted = process.argv[4] ?? "";
/** Text of a round of the threads: it is over before the machine is another. */
const roundBytes = 30e6;

console.log(
  "data set            | direction    | MB/s | usual | ratio | floor | goal\n" +
    "--------------------|--------------|------|-------|-------|-------|-----",
);
for (const { name, make } of dataSets) {
  for (const direction of directions(make(megabytes * 1e6))) {
    if (`${name} ${direction.name}`.includes(wanted)) print(name, direction);
  }
}
if (wanted === "" || wanted === "digest") printDigests();
if (wanted === "" || wanted === "scans") printScans();
if (wanted === "" || wanted === "heap") printHeap();
if (wanted === "" || wanted === "threads") await printThreads();

function print(dataSet: string, direction: Direction): void {
  const { name, floor, goal, bytes } = direction;
  const { ours, usual } = best(direction);
  const speed = (seconds: number) => (bytes / seconds / 1e6).toFixed(0);
  console.log(
    `${dataSet.padEnd(19)} | ${name} | ${speed(ours).padStart(4)} | ${speed(usual).padStart(5)} | ${(usual / ours).toFixed(1).padStart(5)} | ${String(floor).padStart(5)} | ${String(goal).padStart(4)}`,
  );
}

/** The best round of each, in turns, so that both see the same machine; the first round only warms up. */
function best({ ours, usual }: Direction): { ours: number; usual: number } {
  const found = { ours: Infinity, usual: Infinity };
  for (let round = 0; round <= rounds; round++) {
    const times = { ours: Math.min(cpuSeconds(ours), cpuSeconds(ours)), usual: cpuSeconds(usual) };
    if (round === 0) continue;
    found.ours = Math.min(found.ours, times.ours);
    found.usual = Math.min(found.usual, times.usual);
  }
  return found;
}

/** What one core would need: the CPU time of all of the process, collecting garbage included. Others on the machine do not count. */
function cpuSeconds(run: () => void): number {
  const begun = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1e6;
}

function printDigests(): void {
  console.log(
    "\nWhat the content digest of all documents adds to the CPU time (no more than 10 % wanted)",
  );
  for (const { name, make } of dataSets) {
    for (const { direction, without, digest } of digestCosts(make(megabytes * 1e6))) {
      // Each by itself: the difference of two long times would be noise for the most part.
      const times = { without: Infinity, digest: Infinity };
      for (let round = 0; round <= rounds; round++) {
        const found = { without: cpuSeconds(without), digest: cpuSeconds(digest) / digestRepeats };
        if (round === 0) continue;
        times.without = Math.min(times.without, found.without);
        times.digest = Math.min(times.digest, found.digest);
      }
      const percent = ((times.digest / times.without) * 100).toFixed(1);
      console.log(`${name.padEnd(19)} | ${direction.padEnd(12)} | ${percent.padStart(5)} %`);
    }
  }
}

/** Scans by themselves: nothing usual does the like, so their floors are speeds. */
function printScans(): void {
  console.log("\ndata set            | cut into chunks             | MB/s | floor");
  for (const { name: dataSet, make } of dataSets) {
    for (const { name, floor, bytes, run } of scansOf(make(megabytes * 1e6))) {
      run();
      const times = Array.from({ length: rounds * 2 }, () => cpuSeconds(run));
      const speed = (bytes / Math.min(...times) / 1e6).toFixed(0);
      console.log(
        `${dataSet.padEnd(19)} | ${name.padEnd(27)} | ${speed.padStart(4)} | ${String(floor).padStart(5)}`,
      );
    }
  }
}

function printHeap(): void {
  console.log("\nWhat is left in V8's heap, in bytes a document (they have 42, 11 and 37 values)");
  for (const { name, make } of dataSets) {
    for (const { direction, bytes } of heapCosts(make(megabytes * 1e6), rounds)) {
      console.log(`${name.padEnd(19)} | ${direction.padEnd(12)} | ${bytes.toFixed(0).padStart(4)}`);
    }
  }
}

async function printThreads(): Promise<void> {
  console.log(
    "\nTwo worker threads beside one, by transfer (floor 1.8, goal 1.95): medians of rounds in turns. On a machine with other work" +
      "\ntwo threads get less than two cores; their CPU time tells what they would gain alone.\n" +
      "data set            | direction    | one MB/s | two MB/s | by CPU time | by the clock | page faults a MB",
  );
  for (const { name, make } of dataSets) {
    for (const direction of threadedDirections(make(megabytes * 1e6))) {
      const repeats = Math.ceil(roundBytes / direction.bytes);
      const found = await roundsInThreads(direction, { rounds: rounds * 3, repeats });
      const size = (direction.bytes * repeats) / 1e6;
      const speed = (of: (pair: { one: Round; two: Round }) => number) =>
        (size / median(found.map(of))).toFixed(0).padStart(8);
      const alone = median(found.map(({ one, two }) => (2 * one.cpu) / two.cpu));
      const gain = median(found.map(({ one, two }) => one.wall / two.wall));
      const faults = median(found.map(({ two }) => two.faults / size));
      console.log(
        `${name.padEnd(19)} | ${direction.name} | ${speed(({ one }) => one.cpu)} | ${speed(({ two }) => two.cpu / 2)} | ${alone.toFixed(2).padStart(11)} | ${gain.toFixed(2).padStart(12)} | ${faults.toFixed(1).padStart(5)}`,
      );
    }
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
