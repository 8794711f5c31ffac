import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import type { ServerPlace } from "../options/server-options.ts";
import type { ExportQuery, ExportRequest } from "../transfer/export-request.ts";
import { openOutput } from "../transfer/output.ts";
import type { Session } from "../transfer/solo.ts";
import { RunFolder } from "../transfer/state-folder.ts";
import { Interrupted, type TransferEnd } from "../transfer/transfer-end.ts";
import { followServerJob, serverEnd } from "./server-job.ts";
import { serviceClient } from "./service-client.ts";

/**
 * Has documents of a service's environment exported and fetches the file. The job goes on without us; the same command
 * started again watches it.
 * @throws {Interrupted} when it was asked to stop
 */
export async function exportFromServer(
  request: ExportRequest,
  place: ServerPlace,
  session: Session,
  tell: (end: TransferEnd) => void,
): Promise<void> {
  const client = serviceClient(place);
  const output = openOutput(request.output, process.stdout);
  const path = request.output && resolve(request.output);
  using run = RunFolder.open([
    "export",
    path,
    place.address,
    place.environment,
    request.query,
    request.format,
  ]);
  const known = session.restart ? null : run.record()?.serverJob;
  if (known) session.display.note(`Going on with job ${known}, which the last run has submitted.`);
  const handle = known ? client.jobs.at(known) : await client.jobs.submit(orderText(request));
  run.write({ input: "", serverJob: handle.id });
  const job = await followServerJob(handle, session);
  session.display.stop();
  const file = job.state === "succeeded" ? (job.result?.file ?? null) : null;
  if (file !== null) {
    const { signal } = session;
    try {
      await output.take(await client.files.get(file, { signal }), { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Interrupted(
        "Stopped while the file was fetched. The same command fetches it again.",
      );
    }
  }
  tell(
    await serverEnd(handle, job, {
      from: `${request.plan.collection} in ${place.environment} of ${place.address}`,
      to: request.output ?? "stdout",
      rejects: null,
    }),
  );
  if (file !== null) await client.files.remove(file).catch(() => undefined);
  run.remove();
}

/** As JSON text: a filter stays as it was typed, with numbers that JavaScript has not. */
function orderText({ query, format }: ExportRequest): string {
  const file = `docferry-export/${randomUUID()}`;
  const members = [
    ...Object.entries({ type: "export", file, ...formatMembers(format) }).map(
      ([name, value]): Member => [name, JSON.stringify(value)],
    ),
    ...queryMembers(query),
  ];
  return `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`;
}

type Member = [name: string, text: string];

function formatMembers(format: ExportRequest["format"]): object {
  if (format.format === "csv") {
    const { columns, header, typed = false } = format;
    return { format: "csv", csv: { ...(columns && { columns }), header, typed } };
  }
  return {
    format: "json",
    jsonFormat: format.form,
    jsonArray: format.array,
    jsonPretty: format.pretty,
    jsonStable: format.stable ?? false,
  };
}

function queryMembers(query: ExportQuery): Member[] {
  if ("statement" in query) return [["statement", JSON.stringify(query.statement)]];
  const { collection, filter, fields, sort, skip, limit } = query;
  return [
    ["collection", JSON.stringify(collection)],
    ...(filter === null ? [] : [["filter", filter] satisfies Member]),
    ...(fields === null
      ? []
      : [["fields", objectText(fields.map((name) => [name, 1]))] satisfies Member]),
    ...(sort.length === 0
      ? []
      : [
          [
            "sort",
            objectText(sort.map(({ path, direction }) => [path, direction])),
          ] satisfies Member,
        ]),
    ["skip", String(skip)],
    ["limit", String(limit)],
  ];
}

/** In the order given, which an object of JavaScript would not keep for names that are numbers. */
function objectText(pairs: [string, number][]): string {
  return `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
}
