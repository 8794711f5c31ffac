import { DocferryError } from "../job/errors.ts";
import type { EngineContext } from "./context.ts";
import { whenNone } from "./unended-jobs.ts";

/** Rows of one transaction: others write to the store meanwhile. */
const page = 100;

/**
 * Removes an environment's jobs, file names and documents. The bytes of its files go with the next sweep.
 * @param options.cancelJobs ask running jobs to end, and wait for them; false: refuse while there are any
 * @throws {DocferryError} `conflict` while jobs run; `busy` if they do not stop in time
 */
export async function removeEnvironmentData(
  environment: string,
  options: { cancelJobs: boolean },
  { store, databases, clock }: EngineContext,
): Promise<void> {
  if (!options.cancelJobs) await requireEnded(environment, store.jobs);
  // Also with none: a submit that was under way when this began is cancelled too, for the store keeps their order.
  await store.jobs.cancelAll(environment, clock());
  const unended = () => store.jobs.unended(environment);
  await whenNone(unended, store.jobs, `of environment ${environment}`);
  while ((await store.jobs.remove(environment, page)) > 0);
  while ((await store.files.removeAll(environment, page)) > 0);
  await databases.remove(environment);
}

/** @throws {DocferryError} `conflict` while jobs of the environment have not ended */
export async function requireEnded(
  environment: string,
  jobs: EngineContext["store"]["jobs"],
): Promise<void> {
  const unended = await jobs.unended(environment);
  if (unended === 0) return;
  throw new DocferryError(
    "conflict",
    `Environment ${environment} has ${unended} ${unended === 1 ? "job that has" : "jobs that have"} not ended: cancel them first, or remove it with cancelJobs=true`,
  );
}
