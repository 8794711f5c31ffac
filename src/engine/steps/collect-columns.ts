import { columnList, addTopLevelColumns } from "../../formats/csv/columns.ts";
import type { ExportSpec } from "../../job/job.ts";
import { restoredQuery } from "../job-plan.ts";
import type { StepContext } from "./step.ts";

/** Reads what an export will read and collects the names of its top-level fields, `_id` first. */
export async function* collectColumns(
  { environment, query }: { environment: string; query: ExportSpec["query"] },
  context: StepContext,
): AsyncGenerator<{ scanned: number }, string[], void> {
  const columns = new Set<string>();
  await using source = await context.databases.openSource(environment);
  const unsorted = { ...restoredQuery(query), sort: [] };
  // The order matters only where it decides which documents are within skip and limit.
  const plan = query.skip > 0 || query.limit !== null ? restoredQuery(query) : unsorted;
  for await (const page of source.read(
    plan,
    { from: null, to: null },
    { after: null, signal: context.signal },
  )) {
    addTopLevelColumns(columns, page);
    yield { scanned: page.scanned };
  }
  return columnList(columns);
}
