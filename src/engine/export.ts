import { addCounts, type Counts, noCounts } from "../job/counts.ts";
import type { ExportSpec } from "../job/job.ts";
import type { Part, TaskWork } from "../job/task.ts";
import type { Attempt } from "./attempt.ts";
import type { EngineContext } from "./context.ts";
import type { ExportPlan } from "./job-plan.ts";

/**
 * Reads a range of a collection into parts. A finished part is one fenced row in the job store, and the key that it ends at
 * is where the next attempt goes on; what a lost attempt had begun is garbage that nothing points to.
 */
export async function runExport(attempt: Attempt, context: EngineContext): Promise<void> {
  const { job, task, plan } = attempt.claim;
  const spec = job.spec as ExportSpec;
  const { from, to } = task.work as Extract<TaskWork, { kind: "export" }>;
  const done = await finishedParts(attempt, context);
  let counts = sumCounts(done);
  let bytes = done.reduce((sum, part) => sum + part.size, 0);
  const { limit } = spec.query;
  const left = limit === null ? null : limit - counts.records;
  const last = done.at(-1);
  attempt.report(counts, bytes);
  if (left === null || left > 0 || last === undefined) {
    const encode = attempt.run(context.pool, "encodeRange", {
      environment: job.environment,
      query: { ...spec.query, limit: left },
      range: { from, to },
      after: last?.endKey ?? null,
      encode: (plan as ExportPlan).encode,
      task: task.ordinal,
      firstPart: done.length,
      partBytes: context.settings.partBytes,
    });
    for await (const item of encode) {
      if (item.type === "part") {
        await context.store.jobs.addPart(attempt.lease, item.part);
        // Without a key the next attempt begins anew.
        if (item.part.endKey !== null) attempt.keep();
        counts = addCounts(counts, item.part.counts);
        bytes += item.part.size;
        attempt.report(counts, bytes);
      } else {
        attempt.report({ ...counts, records: counts.records + item.records }, bytes + item.bytes);
      }
    }
  }
  await context.store.jobs.finishTask(attempt.lease, {
    counts,
    bytes,
    stopped: null,
    now: context.clock(),
  });
}

/** The parts that earlier attempts have finished; none where the order has no key to go on from. */
async function finishedParts(attempt: Attempt, { store }: EngineContext): Promise<Part[]> {
  const { job, task } = attempt.claim;
  const parts = (await store.jobs.parts(job.id)).filter((part) => part.task === task.ordinal);
  if (parts.length === 0 || parts.at(-1)?.endKey !== null) return parts;
  await store.jobs.dropParts(attempt.lease);
  return [];
}

function sumCounts(parts: Part[]): Counts {
  return parts.reduce((sum, part) => addCounts(sum, part.counts), { ...noCounts });
}
