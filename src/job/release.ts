/** What release looks at: the load of one job. */
export interface JobLoad {
  id: number;
  environment: string;
  /** Tasks that wait and are due. */
  waiting: number;
  /** Tasks that are claimable or run. */
  active: number;
  /** Most tasks of this job at a time. */
  parallelism: number;
}

export interface ReleaseLimits {
  /** Claimable and running tasks in all: short, so that a new job's first task is soon its turn. */
  total: number;
  /** The same for one environment. */
  perEnvironment: number;
}

/**
 * Decides how many waiting tasks of which job become claimable now. The only place that decides who is next.
 *
 * One slot at a time goes to the environment with the fewest active tasks, and in it to the job with the fewest; among
 * equals the older job is first. So a tenant with 100,000 chunks does not keep one with three records waiting.
 *
 * @param activeTotal claimable and running tasks of all jobs, those not in `jobs` included
 * @param activeByEnvironment the same by environment
 */
export function release(
  jobs: readonly JobLoad[],
  limits: ReleaseLimits,
  activeTotal: number,
  activeByEnvironment: ReadonlyMap<string, number>,
): Map<number, number> {
  const released = new Map<number, number>();
  const load = new Map(activeByEnvironment);
  const candidates = jobs.map((job) => ({ ...job }));
  for (let room = limits.total - activeTotal; room > 0; room--) {
    const next = pick(candidates, load, limits);
    if (!next) break;
    next.waiting--;
    next.active++;
    load.set(next.environment, (load.get(next.environment) ?? 0) + 1);
    released.set(next.id, (released.get(next.id) ?? 0) + 1);
  }
  return released;
}

function pick(
  candidates: readonly JobLoad[],
  load: ReadonlyMap<string, number>,
  limits: ReleaseLimits,
): JobLoad | undefined {
  let best: JobLoad | undefined;
  let bestLoad = 0;
  for (const job of candidates) {
    const environmentLoad = load.get(job.environment) ?? 0;
    if (job.waiting === 0 || job.active >= job.parallelism) continue;
    if (environmentLoad >= limits.perEnvironment) continue;
    const better =
      !best ||
      environmentLoad < bestLoad ||
      (environmentLoad === bestLoad &&
        (job.active < best.active || (job.active === best.active && job.id < best.id)));
    if (better) {
      best = job;
      bestLoad = environmentLoad;
    }
  }
  return best;
}
