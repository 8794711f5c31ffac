import { BSON, type Document } from "bson";
import type { Documents } from "../../src/bson/documents.ts";
import type {
  Database,
  Databases,
  DocumentPage,
  KeyRange,
  Sink,
  SinkProgress,
  SinkSpec,
  Source,
} from "../../src/databases/database.ts";
import type { Reject } from "../../src/job/reject.ts";
import type { QueryPlan } from "../../src/query/plan.ts";
import { type TestRecord, batchOf, positionOf, textsOf } from "../support/record-batch.ts";

/** What an implementation gives to the suite. */
export interface DatabaseHarness {
  databases: Databases;
  /** Ends the implementation and opens it on the same data. */
  reopen(): Promise<Databases>;
  /** @param keep leave the data where it is and say where: a test failed */
  end(options: { keep: boolean }): Promise<void>;
}

export type MakeDatabases = () => Promise<DatabaseHarness>;

export const wholeRange: KeyRange = { from: null, to: null };

/** A never aborted signal. */
export const noAbort: AbortSignal = new AbortController().signal;

let lastNumber = 0;

/** A name that nothing else in the process has. */
export function uniqueName(prefix: string): string {
  return `${prefix}${++lastNumber}`;
}

/** A sink's spec for a new job on a new collection, changed as the test wants it. */
export function sinkSpec(changes: Partial<SinkSpec> = {}): SinkSpec {
  return {
    jobKey: (++lastNumber).toString(16).padStart(32, "0"),
    task: 0,
    attempt: 1,
    collection: uniqueName("items"),
    mode: "insert",
    upsertFields: ["_id"],
    seconds: 1_700_000_000,
    stopOnError: false,
    start: positionOf(0),
    ...changes,
  };
}

/** Opens a sink and writes the batches one behind another. */
export async function writeAll(
  database: Database,
  spec: SinkSpec,
  ...batches: TestRecord[][]
): Promise<SinkProgress> {
  await using sink = await database.openSink(spec);
  return continueWriting(sink, ...batches);
}

/** Writes further batches behind what the sink has. */
export async function continueWriting(
  sink: Sink,
  ...batches: TestRecord[][]
): Promise<SinkProgress> {
  let { progress } = sink;
  let first = progress.position.line - 1;
  for (const records of batches) {
    progress = await sink.write(batchOf(records, first), progress.position);
    first += records.length;
  }
  return progress;
}

/** A query's plan; filter and projection as plain objects or shell-like BSON values. */
export function query(
  collection: string,
  {
    filter = {},
    projection = null,
    ...rest
  }: { filter?: Document; projection?: Document | null } & Partial<
    Pick<QueryPlan, "sort" | "skip" | "limit">
  > = {},
): QueryPlan {
  return {
    collection,
    filter: BSON.serialize(filter, { ignoreUndefined: false }),
    projection: projection && BSON.serialize(projection),
    sort: [],
    skip: 0,
    limit: null,
    ...rest,
  };
}

export async function pagesOf(
  source: Source,
  plan: QueryPlan,
  { range = wholeRange, after = null }: { range?: KeyRange; after?: string | null } = {},
): Promise<DocumentPage[]> {
  const pages: DocumentPage[] = [];
  for await (const page of source.read(plan, range, { after, signal: noAbort })) pages.push(page);
  return pages;
}

/** What a query gives, as canonical Extended JSON. */
export async function readTexts(
  source: Source,
  plan: QueryPlan,
  options: { range?: KeyRange; after?: string | null } = {},
): Promise<string[]> {
  return (await pagesOf(source, plan, options)).flatMap((page: Documents) => textsOf(page));
}

/** What a query gives, as plain objects with relaxed values. */
export async function readObjects(source: Source, plan: QueryPlan): Promise<Document[]> {
  return (await readTexts(source, plan)).map(
    (text) => BSON.EJSON.parse(text, { relaxed: true }) as Document,
  );
}

export async function rejectsOf(source: Source, jobKey: string): Promise<Reject[]> {
  const rejects: Reject[] = [];
  for await (const page of source.rejects(jobKey, { signal: noAbort })) rejects.push(...page);
  return rejects;
}
