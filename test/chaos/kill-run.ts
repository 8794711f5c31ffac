import assert from "node:assert/strict";
import type { NativeJob } from "../../src/http/native/job-view.ts";
import type { TestService } from "../support/service.ts";
import { ferryRound, jobNow, roundInput } from "./ferry-round.ts";
import { KilledService, type Phase } from "./killed-service.ts";
import { assertNothingLeftBehind } from "./left-behind.ts";
import { randomOf } from "./random.ts";

/**
 * Ferries documents in and out of a service that is killed again and again, until all kills are done, and checks that nothing
 * shows it. The seed names the moments of the kills.
 */
export async function killRun(options: {
  cleanup: Parameters<typeof TestService.start>[0];
  folder: string;
  kills: number;
  seconds: number;
  seed: number;
  records: number;
  onRound: (round: number, kills: number) => void;
}): Promise<{ rounds: number; kills: number; struck: Record<Phase, number> }> {
  const service = new KilledService({ ...options, random: randomOf(options.seed) });
  const input = roundInput(options.records);
  const undisturbed = await ferryRound(service, "undisturbed", input);
  const ended: NativeJob[] = [...undisturbed.jobs];
  service.startKilling();
  let rounds = 0;
  while (!service.calm) {
    const round = await ferryRound(service, `round${++rounds}`, input);
    assert.equal(round.exported, undisturbed.exported, "the file is that of an undisturbed run");
    assert.deepEqual(
      round.jobs.map(({ result }) => result?.digest),
      undisturbed.jobs.map(({ result }) => result?.digest),
    );
    ended.push(...round.jobs);
    options.onRound(rounds, service.killed);
  }
  for (const job of ended) {
    assert.deepEqual(await jobNow(service, job.id), job, "a finished job is never touched again");
  }
  await service.stop();
  await assertNothingLeftBehind(options.folder);
  return { rounds, kills: service.killed, struck: service.struck };
}
