import type { Attempt } from "./attempt.ts";
import { runAssemble } from "./assemble.ts";
import type { EngineContext } from "./context.ts";
import { runExport } from "./export.ts";
import { runImport } from "./import.ts";
import { runPlan } from "./plan.ts";

/** Does what an attempt was claimed for; returns once the store has been told that it is done. */
export function runTask(attempt: Attempt, context: EngineContext): Promise<void> {
  switch (attempt.claim.task.kind) {
    case "plan":
      return runPlan(attempt, context);
    case "import":
      return runImport(attempt, context);
    case "export":
      return runExport(attempt, context);
    case "assemble":
      return runAssemble(attempt, context);
    default:
      return attempt.claim.task.kind satisfies never;
  }
}
