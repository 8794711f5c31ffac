import type { DelimitedEncodeSpec } from "../../formats/codec.ts";
import { columnList, addTopLevelColumns } from "../../formats/csv/columns.ts";
import { TypedColumnCollector } from "../../formats/csv/typed-columns.ts";
import type { ExportSpec } from "../../job/job.ts";
import { restoredQuery } from "../job-plan.ts";
import type { StepContext } from "./step.ts";

export interface CollectArgument {
  environment: string;
  query: ExportSpec["query"];
  /** Find the types as well. */
  typed: boolean;
  /** Paths of which only the types are to be found; null: all top-level fields, `_id` first. */
  columns: string[] | null;
}

/** Reads what an export will read and collects the columns of its CSV. */
export async function* collectColumns(
  { environment, query, typed, columns }: CollectArgument,
  context: StepContext,
): AsyncGenerator<{ scanned: number }, Pick<DelimitedEncodeSpec, "columns" | "typed">, void> {
  const names = new Set<string>();
  const collector = typed ? new TypedColumnCollector(columns) : null;
  await using source = await context.databases.openSource(environment);
  const unsorted = { ...restoredQuery(query), sort: [] };
  // The order matters only where it decides which documents are within skip and limit.
  const plan = query.skip > 0 || query.limit !== null ? restoredQuery(query) : unsorted;
  for await (const page of source.read(
    plan,
    { from: null, to: null },
    { after: null, signal: context.signal },
  )) {
    if (collector) collector.add(page);
    else addTopLevelColumns(names, page);
    yield { scanned: page.scanned };
  }
  return collector ? collector.result() : { columns: columnList(names) };
}
