import { Readable } from "node:stream";
import { Type } from "typebox";
import type { Engine } from "../../engine/engine.ts";
import { DocferryError } from "../../job/errors.ts";
import { endedStates, type Job } from "../../job/job.ts";
import type { Reject } from "../../job/reject.ts";
import { apiRoute, type ApiRoute } from "../api/route.ts";
import { Changes } from "./changes.ts";
import { eventText, eventsOf, nothingTold, type Told, toldBy } from "./job-events.ts";
import { jobIdOf } from "./jobs.ts";
import { environmentParameter, jobEventSchema, jobIdParameter } from "./schemas.ts";

export interface EventParts {
  engine: Pick<Engine, "job" | "firstRejects" | "onChange">;
  /** Unix ms. */
  clock: () => number;
  /** Aborts when the service stops: streams end, so that their listeners come back to it later. */
  closing: AbortSignal;
  eventTimes: EventTimes;
}

export interface EventTimes {
  /** ms between two looks at a job, at least. */
  pauseMs: number;
  /** ms between two looks, at most: for changes that are made in other processes. */
  lookMs: number;
  /** ms of silence after which a comment shows that the connection lives. */
  heartbeatMs: number;
}

export const defaultEventTimes: EventTimes = { pauseMs: 200, lookMs: 1000, heartbeatMs: 15_000 };

/** ms that a listener waits before it comes back. */
const retryMs = 2000;

/** Rejects whose reasons are told. */
const reasons = 3;

/** `GET …/jobs/{id}/events` */
export function watchJob(parts: EventParts): ApiRoute {
  return apiRoute({
    method: "GET",
    path: "/v1/environments/{env}/jobs/{id}/events",
    operationId: "watchJob",
    tag: "jobs",
    summary: "Watch a job: server-sent events until it ends",
    description: [
      "`state` (data: the Job) when its state changes or it stalls; `progress` (data: its Progress) when there is some;",
      "`reject` (data: `count` of all so far, and the `first` few with `line`, `column`, `offset`, `code`, `message`, `path`).",
      "The newest of each kind is told about five times a second at most: states that last shorter may be passed over, the last",
      "one never is, and the stream ends behind it. A listener who reads slowly gets the newest; one who never reads is cut off.",
      "A comment comes after 15 s of silence. With Last-Event-ID what was told before is not told again.",
    ].join(" "),
    access: "environment",
    parameters: { env: environmentParameter, id: jobIdParameter },
    headers: {
      "last-event-id": Type.String({ description: "The id of the last event that was received" }),
    },
    withoutHead: true,
    answers: {
      200: { description: "The events", content: { "text/event-stream": jobEventSchema } },
      204: { description: "The job's end has been told already: do not come back" },
    },
    errors: ["job_not_found", "invalid_argument"],
    async answer({ request, reply, environment, parameters }) {
      const told = lastTold(request.headers["last-event-id"]);
      const job = await parts.engine.job(environment, jobIdOf(parameters));
      if (told.state !== null && endedStates.has(told.state)) return { status: 204 };
      const gone = new AbortController();
      const signal = AbortSignal.any([gone.signal, parts.closing]);
      // It is asked for more only as the listener takes what is there: nothing piles up for one who does not.
      const body = Readable.from(eventTexts(job, told, parts, signal), {
        objectMode: false,
        highWaterMark: 16 * 1024,
      });
      body.once("close", () => gone.abort());
      void reply
        .header("content-type", "text/event-stream; charset=utf-8")
        .header("cache-control", "no-store")
        .header("x-accel-buffering", "no")
        .send(body);
      return "sent";
    },
  });
}

function lastTold(id: string | string[] | undefined): Told {
  if (id === undefined || id === "") return nothingTold;
  const told = typeof id === "string" ? toldBy(id) : null;
  if (told) return told;
  throw new DocferryError("invalid_argument", "Last-Event-ID is not the id of one of these events");
}

async function* eventTexts(
  seen: Job,
  from: Told,
  { engine, clock, eventTimes }: EventParts,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const { pauseMs, lookMs, heartbeatMs } = eventTimes;
  using changes = new Changes((listener) => engine.onChange(listener), signal);
  let [told, first, spokeAt] = [from, [] as Reject[], clock()];
  yield `retry: ${retryMs}\n\n`;
  for (let job: Job | null = seen; job && !signal.aborted; job = await present(job, engine)) {
    const { rejected } = job.progress.counts;
    if (rejected > told.rejects && first.length < Math.min(reasons, rejected)) {
      first = await engine.firstRejects(job, reasons);
    }
    const now = clock();
    const events = eventsOf(job, told, first, now);
    if (events.length > 0) {
      yield events.map(eventText).join("");
      told = events.at(-1)?.told ?? told;
      spokeAt = now;
    } else if (now - spokeAt >= heartbeatMs) {
      yield ": still here\n\n";
      spokeAt = now;
    }
    if (endedStates.has(job.state)) return;
    await changes.wait(pauseMs, lookMs);
  }
}

/** null once the job is gone with its environment. */
async function present({ environment, id }: Job, engine: Pick<Engine, "job">): Promise<Job | null> {
  try {
    return await engine.job(environment, id);
  } catch (error) {
    if (error instanceof DocferryError && error.code === "job_not_found") return null;
    throw error;
  }
}
