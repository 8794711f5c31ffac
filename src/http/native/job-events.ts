import type { Job } from "../../job/job.ts";
import { endedStates, type JobState } from "../../job/job.ts";
import type { Reject } from "../../job/reject.ts";
import { nativeJob, progressOf } from "./job-view.ts";
import { jobStates } from "./schemas.ts";

/** What a listener has been told of a job so far: it stands in the id of each event, so that a later connection goes on. */
export interface Told {
  state: JobState | null;
  stalled: boolean;
  records: number;
  bytes: number;
  rejects: number;
}

export interface JobEvent {
  event: "state" | "progress" | "reject";
  data: unknown;
  /** What has been told with it. */
  told: Told;
}

export const nothingTold: Told = {
  state: null,
  stalled: false,
  records: 0,
  bytes: 0,
  rejects: 0,
};

/**
 * What there is to tell of a job beyond what has been told: at most one event of a kind, so who listens slowly gets the newest
 * only. A job's end is told last.
 * @param first the first rejects, for their reasons
 * @param now unix ms
 */
export function eventsOf(job: Job, told: Told, first: readonly Reject[], now: number): JobEvent[] {
  const events: JobEvent[] = [];
  let known = told;
  const tell = (event: JobEvent["event"], data: unknown, news: Partial<Told>) => {
    known = { ...known, ...news };
    events.push({ event, data, told: known });
  };
  const tellState = () => {
    const news = { state: job.state, stalled: job.stalled !== null };
    if (news.state === told.state && news.stalled === told.stalled) return;
    tell("state", nativeJob(job, now), news);
  };
  const { counts, bytes } = job.progress;
  const hasEnded = endedStates.has(job.state);
  if (!hasEnded) tellState();
  if (counts.rejected > told.rejects) {
    const reasons = first.map(({ line, column, offset, code, message, path }) => ({
      line,
      column,
      offset,
      code,
      message,
      path,
    }));
    tell("reject", { count: counts.rejected, first: reasons }, { rejects: counts.rejected });
  }
  if (counts.records > told.records || bytes > told.bytes) {
    tell("progress", progressOf(job, now), { records: counts.records, bytes });
  }
  if (hasEnded) tellState();
  return events;
}

/** An event as text (WHATWG HTML 9.2). JSON has no line break of its own. */
export function eventText({ event, data, told }: JobEvent): string {
  return `id: ${idOf(told)}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** What the listener of an event's id has been told; null for an id that is none of ours. */
export function toldBy(id: string): Told | null {
  const [, state, stalled, ...numbers] =
    /^([a-z]*)\.([01])\.(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/.exec(id) ?? [];
  const known = jobStates.find((name) => name === state);
  if (state === undefined || (known === undefined && state !== "")) return null;
  const [records = 0, bytes = 0, rejects = 0] = numbers.map(Number);
  return { state: known ?? null, stalled: stalled === "1", records, bytes, rejects };
}

function idOf({ state, stalled, records, bytes, rejects }: Told): string {
  return `${state ?? ""}.${stalled ? 1 : 0}.${records}.${bytes}.${rejects}`;
}
