import { randomInt } from "node:crypto";
import { test } from "node:test";
import { tempFolder } from "../support/temp-folder.ts";
import { killRun } from "./kill-run.ts";

test("a service that is killed at random moments loses nothing, doubles nothing, and leaves nothing behind", async (t) => {
  const seed = Number(process.env["DOCFERRY_CHAOS_SEED"] ?? randomInt(2 ** 31));
  t.diagnostic(`seed ${seed}: npm run chaos -- --kills 15 --seed ${seed}`);
  const { rounds, kills } = await killRun({
    cleanup: t,
    folder: await tempFolder(t),
    kills: 15,
    seed,
    records: 60_000,
    onRound: (round, killed) => t.diagnostic(`round ${round} ends after ${killed} kills`),
  });
  t.diagnostic(`${kills} kills in ${rounds} rounds`);
});
