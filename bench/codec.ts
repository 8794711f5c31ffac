import { dataSets } from "./codec/data-sets.ts";
import { digestCosts, digestRepeats } from "./codec/digest.ts";
import { type Direction, directions, pagesOf, textOf } from "./codec/directions.ts";
import { scansOf } from "./codec/scans.ts";
import { decodeInThreads } from "./codec/threads.ts";

// How fast does the codec go on one core, beside js-bson, csv-parse and csv-stringify doing the same in the same run, what
// does the content digest cost beside it, how fast are files cut into chunks, and what do two threads give?
//
//     node bench/codec.ts [megabytes of each data set] [rounds] [part of a data set's or direction's name]

const megabytes = Number(process.argv[2] ?? 8);
const rounds = Number(process.argv[3] ?? 5);
const wanted = process.argv[4] ?? "";

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

async function printThreads(): Promise<void> {
  console.log("\nJSON -> BSON in worker threads, by transfer");
  for (const { name, make } of dataSets) {
    const spec = { format: "json", form: "relaxed", array: false, pretty: false } as const;
    const pieces = pagesOf(make(megabytes * 1e6)).map((page) => textOf(spec, page));
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const repeats = Math.ceil(400e6 / bytes);
    const one = { wall: Infinity, cpu: Infinity };
    const two = { wall: Infinity, cpu: Infinity };
    for (let round = 0; round < 3; round++) {
      for (const [threads, fastest] of [
        [1, one],
        [2, two],
      ] as const) {
        const { wall, cpu } = await decodeInThreads(threads, pieces, repeats);
        fastest.wall = Math.min(fastest.wall, wall);
        fastest.cpu = Math.min(fastest.cpu, cpu);
      }
    }
    const speed = (time: number) => ((bytes * repeats) / time / 1e6).toFixed(0);
    const gain = (one.wall / two.wall).toFixed(2);
    // On a machine with other work two threads get less than two cores: their CPU time tells what they would gain alone.
    const alone = ((2 * one.cpu) / two.cpu).toFixed(2);
    console.log(
      `${name.padEnd(19)} | one ${speed(one.wall)} MB/s | two ${speed(two.wall)} MB/s | ${gain}x, by CPU time ${alone}x (floor 1.8, goal 1.95)`,
    );
  }
}
