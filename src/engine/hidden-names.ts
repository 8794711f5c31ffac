import { hiddenPrefix } from "../files/file-name.ts";

/**
 * What belongs to a job and not to its user lies below this prefix of its environment's files: reject files, reports,
 * manifests. Names that begin so cannot be uploaded, and are swept when the job's keep time is over.
 */
const jobsPrefix = `${hiddenPrefix}jobs/`;

export function hiddenName(jobId: number, name: string): string {
  return `${hiddenFolder(jobId)}${name}`;
}

/** The prefix of all that belongs to a job. */
export function hiddenFolder(jobId: number): string {
  return `${jobsPrefix}${jobId}/`;
}

/** Beside a reject file of this name: why each of its records failed. */
export function errorsName(rejectFile: string): string {
  return `${rejectFile}.errors.jsonl`;
}
