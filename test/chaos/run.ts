import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { killRun } from "./kill-run.ts";

// The long run: npm run chaos -- --kills 1000 --seed 7 --records 20000 --seconds 3600

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "100" },
    seed: { type: "string", default: String(randomInt(2 ** 31)) },
    records: { type: "string", default: "20000" },
    seconds: { type: "string", default: "Infinity" },
  },
});
const [kills, seed, records] = [values.kills, values.seed, values.records].map(Number) as [
  number,
  number,
  number,
];
const say = (text: string) => process.stdout.write(`${text}\n`);
say(`${kills} kills, seed ${seed}, ${records} records a round`);

const cleanups: (() => unknown)[] = [];
const folder = await mkdtemp(join(tmpdir(), "docferry-chaos-"));
const began = performance.now();
try {
  const done = await killRun({
    cleanup: { after: (end) => void cleanups.push(end as () => unknown) },
    folder,
    kills,
    seconds: Number(values.seconds),
    seed,
    records,
    onRound: (round, killed) => say(`round ${round} ends after ${killed} kills`),
  });
  const seconds = Math.round((performance.now() - began) / 1000);
  say(`${done.kills} kills in ${done.rounds} rounds, ${seconds} s: nothing lost, doubled or left`);
  say(`struck: ${JSON.stringify(done.struck)}`);
  await rm(folder, { recursive: true });
} catch (error) {
  say(`failed: npm run chaos -- --kills ${kills} --seed ${seed} --records ${records}`);
  say(`kept for a look: ${folder}`);
  process.exitCode = 1;
  throw error;
} finally {
  for (const end of cleanups) await end();
}
