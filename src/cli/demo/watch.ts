import { setTimeout as sleep } from "node:timers/promises";
import type { MigrateInfo, WeChatCalls } from "#client";
import { DocferryError } from "../../job/errors.ts";
import type { Screen } from "./screen.ts";

export interface WatchedJob {
  id: number;
  kind: "import" | "export";
  /** Records it will come to; null where nobody knows. */
  total: number | null;
}

/** Between two queries, ms. */
const pollMs = 40;

/**
 * Polls a job as the vendor's clients do, and shows each answer that is new.
 * @param until where to leave it, before its end
 * @returns the last answer
 * @throws {DocferryError} if the job failed
 */
export async function watch(
  client: WeChatCalls,
  job: WatchedJob,
  screen: Screen,
  until: (answer: MigrateInfo) => boolean = () => false,
): Promise<MigrateInfo> {
  let shown = "";
  for (;;) {
    const answer = await client.databaseMigrateQueryInfo(job.id);
    const hasEnded = answer.status === "success" || answer.status === "fail";
    const text = hasEnded ? JSON.stringify(answer) : newsText(answer);
    if (text !== shown) screen.data(text);
    shown = text;
    if (answer.status === "fail") {
      throw new DocferryError("internal", `Job ${job.id} failed: ${answer.error_msg}`);
    }
    if (hasEnded || until(answer)) return answer;
    screen.progress(`${job.kind} job ${job.id}`, {
      phase: answer.status,
      records: answer.record_success + answer.record_fail,
      rejects: answer.record_fail,
      bytes: null,
      totalBytes: null,
      totalRecords: job.total,
      stalled: null,
    });
    await sleep(pollMs);
  }
}

/** An answer before the end, without what says nothing yet. */
function newsText({ status, record_success, record_fail }: MigrateInfo): string {
  return JSON.stringify({ status, record_success, record_fail });
}
