import { randomInt } from "node:crypto";
import { test } from "node:test";
import { tempFolder } from "../support/temp-folder.ts";
import { killRun } from "./kill-run.ts";

const kills = 50;
const records = 20_000;

test("a service that is killed at random moments loses nothing, doubles nothing, and leaves nothing behind", async (t) => {
  const seed = Number(process.env["DOCFERRY_CHAOS_SEED"] ?? randomInt(2 ** 31));
  t.diagnostic(
    `seed ${seed}: npm run chaos -- --kills ${kills} --records ${records} --seed ${seed}`,
  );
  const done = await killRun({
    cleanup: t,
    folder: await tempFolder(t),
    kills,
    seconds: Infinity,
    seed,
    records,
    onRound: (round, killed) => t.diagnostic(`round ${round} ends after ${killed} kills`),
  });
  t.diagnostic(`${done.kills} kills in ${done.rounds} rounds: ${JSON.stringify(done.struck)}`);
});
