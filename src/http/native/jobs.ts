import { createHash } from "node:crypto";
import { Type } from "typebox";
import type { Engine, Submitted } from "../../engine/engine.ts";
import { DocferryError } from "../../job/errors.ts";
import { largestJobId } from "../../job/job.ts";
import { page, pageOf, pageParameters, placeOf } from "../api/cursor.ts";
import { apiRoute, type ApiAnswer, type ApiCall, type ApiRoute } from "../api/route.ts";
import { nativeJob } from "./job-view.ts";
import { jobOrder } from "./order.ts";
import {
  choice,
  environmentParameter,
  idempotencyKey,
  jobIdParameter,
  jobOrderSchema,
  jobSchema,
  jobStates,
  jobTypes,
} from "./schemas.ts";

const jobsPath = "/v1/environments/{env}/jobs";
const jobPath = `${jobsPath}/{id}`;
const jobParameters = { env: environmentParameter, id: jobIdParameter };

const submitAnswers = {
  200: {
    description: "The job that was submitted under this Idempotency-Key before",
    content: { "application/json": jobSchema },
    headers: { "idempotent-replayed": "true", location: "The job's path" },
  },
  201: {
    description: "The job; it is on the disk",
    content: { "application/json": jobSchema },
    headers: { location: "The job's path" },
  },
};

export type JobsEngine = Pick<
  Engine,
  "submit" | "submitOnce" | "retryRejects" | "job" | "jobs" | "cancel"
>;

/** Jobs: submitted, listed, looked at, cancelled. */
export function jobRoutes(engine: JobsEngine): ApiRoute[] {
  return [
    submitJob(engine),
    listJobs(engine),
    getJob(engine),
    cancelJob(engine),
    retryRejects(engine),
  ];
}

function submitJob(engine: JobsEngine): ApiRoute {
  return apiRoute({
    method: "POST",
    path: jobsPath,
    operationId: "submitJob",
    tag: "jobs",
    summary: "Submit an import or an export",
    access: "environment",
    parameters: { env: environmentParameter },
    headers: { "idempotency-key": idempotencyKey },
    body: { schema: jobOrderSchema },
    answers: submitAnswers,
    errors: [
      "invalid_query",
      "invalid_collection_name",
      "invalid_file_name",
      "file_not_found",
      "collection_not_found",
      "conflict",
      "submit_key_used",
      "draining",
      "disk_full",
    ],
    async answer(call) {
      const order = jobOrder(call.body, call.raw, call.now);
      const once = onceOf(call, call.raw);
      const submitted = once
        ? await engine.submitOnce(call.environment, order, once)
        : { job: await engine.submit(call.environment, order), replayed: false };
      return submittedAnswer(submitted, call);
    },
  });
}

function listJobs(engine: JobsEngine): ApiRoute {
  return apiRoute({
    method: "GET",
    path: jobsPath,
    operationId: "listJobs",
    tag: "jobs",
    summary: "List jobs, newest first",
    description: "Jobs that come in meanwhile stand before the first page and change no other.",
    access: "environment",
    parameters: { env: environmentParameter },
    query: Type.Object(
      {
        state: Type.Optional(choice(jobStates, { description: "Only jobs in this state" })),
        type: Type.Optional(choice(jobTypes, { description: "Only jobs of this type" })),
        ...pageParameters,
      },
      { additionalProperties: false },
    ),
    answers: {
      200: {
        description: "A page of jobs",
        content: { "application/json": pageOf("JobPage", jobSchema) },
      },
    },
    async answer({ environment, query, now }) {
      const { state = null, type = null, limit = 100, cursor } = query;
      const place = placeOf("job", cursor, /^[1-9]\d{0,9}$/);
      const before = place === null ? null : Number(place);
      const found = await engine.jobs(environment, { state, type, before, limit: limit + 1 });
      return {
        status: 200,
        json: page("job", found, limit, {
          placeOf: ({ id }) => String(id),
          view: (job) => nativeJob(job, now),
        }),
      };
    },
  });
}

function getJob(engine: JobsEngine): ApiRoute {
  return apiRoute({
    method: "GET",
    path: jobPath,
    operationId: "getJob",
    tag: "jobs",
    summary: "Look at a job",
    access: "environment",
    parameters: jobParameters,
    answers: { 200: { description: "The job", content: { "application/json": jobSchema } } },
    errors: ["job_not_found"],
    async answer({ request, environment, parameters, now }) {
      request.docferry.polled = true;
      const job = await engine.job(environment, jobIdOf(parameters));
      return { status: 200, json: nativeJob(job, now) };
    },
  });
}

function cancelJob(engine: JobsEngine): ApiRoute {
  return apiRoute({
    method: "POST",
    path: `${jobPath}/cancel`,
    operationId: "cancelJob",
    tag: "jobs",
    summary: "Ask a job to end",
    description:
      "What it has written stays and is counted. A job that has ended stays as it is. The answer's state is cancelling while something has to stop first.",
    access: "environment",
    parameters: jobParameters,
    answers: { 200: { description: "The job", content: { "application/json": jobSchema } } },
    errors: ["job_not_found", "disk_full"],
    async answer({ environment, parameters, now }) {
      const job = await engine.cancel(environment, jobIdOf(parameters));
      return { status: 200, json: nativeJob(job, now) };
    },
  });
}

function retryRejects(engine: JobsEngine): ApiRoute {
  return apiRoute({
    method: "POST",
    path: `${jobPath}/retry-rejects`,
    operationId: "retryRejects",
    tag: "jobs",
    summary: "Import the records again that failed",
    description:
      "A new job of the reject file with the options of the old one: for records that fail no more because the collection has changed.",
    access: "environment",
    parameters: jobParameters,
    headers: { "idempotency-key": idempotencyKey },
    answers: submitAnswers,
    errors: [
      "job_not_found",
      "conflict",
      "file_not_found",
      "submit_key_used",
      "draining",
      "disk_full",
      "invalid_argument",
    ],
    async answer(call) {
      const once = onceOf(call, Buffer.alloc(0));
      const id = jobIdOf(call.parameters);
      return submittedAnswer(await engine.retryRejects(call.environment, id, once), call);
    },
  });
}

/**
 * The id in a path.
 * @throws {DocferryError} `job_not_found` for what can be no id: it is no other case than an id that nobody has
 */
export function jobIdOf(parameters: Record<string, string>): number {
  const text = parameters["id"] ?? "";
  const id = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0;
  if (id >= 1 && id <= largestJobId) return id;
  throw new DocferryError("job_not_found", `no job ${text.slice(0, 100)} in this environment`);
}

function submittedAnswer(
  { job, replayed }: Submitted,
  { environment, now }: Pick<ApiCall<unknown, unknown>, "environment" | "now">,
): ApiAnswer {
  const location = `/v1/environments/${environment}/jobs/${job.id}`;
  return {
    status: replayed ? 200 : 201,
    json: nativeJob(job, now),
    headers: { location, ...(replayed && { "idempotent-replayed": "true" }) },
  };
}

/** @throws {DocferryError} `invalid_argument` for a key that is none */
function onceOf(
  { request }: Pick<ApiCall<unknown, unknown>, "request">,
  body: Buffer,
): { key: string; digest: string } | null {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return null;
  if (typeof key !== "string" || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new DocferryError(
      "invalid_argument",
      "Idempotency-Key is not 1 to 255 printable ASCII characters without blanks",
    );
  }
  const [path = ""] = request.url.split("?", 1);
  const digest = createHash("sha256").update(`${path}\n`).update(body).digest("hex");
  return { key, digest };
}
