import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fuzzHttp } from "../test/fuzz/http-fuzz.ts";
import { mutate } from "../test/fuzz/mutate.ts";
import { Random } from "../test/fuzz/random.ts";
import { seedsOf } from "../test/fuzz/seeds.ts";
import { describe, targets } from "../test/fuzz/targets.ts";

// Runs, for a third of the time, a whole service on made-up requests, and then the codec on made-up input. What breaks a promise of the
// codec is written to test/fixtures/fuzz, where it is a test from then on; requests are printed.
//
//     npm run fuzz [-- seconds [seed]]

const seconds = Number(process.argv[2] ?? 300);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 32);
const folder = fileURLToPath(new URL("../test/fixtures/fuzz/", import.meta.url));
const random = new Random(seed);
/** Doubles for each run of theirs, and how many there are to be in all, if a third of the time is enough for them. */
const doublesAtOnce = 100_000;
const doublesWanted = 10_000_000;

console.log(`seed ${seed}, ${seconds} seconds`);
/** After so many it is time to look at them. */
const most = 20;
const codecSeconds = (seconds * 2) / 3;
// First, because the memory of this process is judged: what the codec's part leaves of it comes and goes by hundreds of megabytes.
const http = await fuzzHttp({
  random: new Random(seed),
  ms: (seconds - codecSeconds) * 1000,
  most,
});
let findings = http.findings.length;
for (const finding of http.findings) console.error(JSON.stringify(finding, null, 2));
const { findings: _, ...told } = http;
console.log(JSON.stringify(told));

const runs: Record<string, number> = {};
const inputs = Object.keys(targets)
  .filter((name) => name !== "doublesComeBack")
  .map((name) => ({ name, seeds: seedsOf(name) }));
const end = performance.now() + codecSeconds * 1000;
let doubles = 0;
while (doubles < doublesWanted && performance.now() < end - codecSeconds * 667 && findings < most) {
  tryOut("doublesComeBack", randomDoubles());
  doubles += doublesAtOnce;
}
while (performance.now() < end && findings < most) {
  for (const { name, seeds } of inputs) {
    for (let i = 0; i < 200; i++) {
      runs[name] = (runs[name] ?? 0) + 1;
      tryOut(name, mutate(random.pick(seeds.texts), seeds.tokens, random));
    }
  }
}
console.log({ doubles, ...runs });
console.log(findings === 0 ? "nothing found" : `${findings} findings`);
process.exitCode = findings === 0 ? 0 : 1;

function randomDoubles(): Uint8Array {
  const bits = new Uint32Array(doublesAtOnce * 2);
  for (let i = 0; i < bits.length; i++) bits[i] = random.next();
  return new Uint8Array(bits.buffer);
}

function tryOut(name: string, bytes: Uint8Array): void {
  try {
    targets[name]?.(bytes);
  } catch (error) {
    findings++;
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
    mkdirSync(folder, { recursive: true });
    const finding = {
      target: name,
      text: describe(bytes),
      base64: Buffer.from(bytes).toString("base64"),
    };
    writeFileSync(`${folder}${name}-${hash}.json`, `${JSON.stringify(finding, null, 2)}\n`);
    console.error(`${name}: ${describe(bytes).slice(0, 300)}\n  ${String(error).slice(0, 600)}`);
  }
}
