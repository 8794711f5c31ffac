import type { Counts } from "../../job/counts.ts";
import { errorKinds } from "../../job/errors.ts";
import type { Job } from "../../job/job.ts";

/** The language of job messages on the wire. */
export type Locale = "en" | "zh";

/** A job as the status call shows it. */
export type JobView = {
  status: "waiting" | "reading" | "writing" | "success" | "fail";
  record_success: number;
  record_fail: number;
  /** The two names of the one message: some clients read this one, some that; "" until the job has ended. */
  err_msg: string;
  error_msg: string;
  /** An export's file, or the reject file of an import; "" where there is none (yet). */
  file_url: string;
};

/** @param urlOf gives a file's signed address */
export function jobView(job: Job, locale: Locale, urlOf: (file: string) => string): JobView {
  const { counts } = job.progress;
  const message = messageOf(job, locale);
  const file = fileOf(job);
  return {
    status: statusOf(job),
    record_success: successes(job, counts),
    record_fail: counts.rejected,
    err_msg: message,
    error_msg: message,
    file_url: file === null ? "" : urlOf(file),
  };
}

function statusOf(job: Job): JobView["status"] {
  const working = job.spec.type === "import" ? "writing" : "reading";
  switch (job.state) {
    case "queued":
      return "waiting";
    case "planning":
      return "reading";
    case "running":
      return working;
    case "finishing":
      return "writing";
    case "cancelling":
      // As before the request: what has been counted tells how far it was.
      if (job.startedAt === null) return "waiting";
      return job.progress.bytes > 0 || job.progress.counts.records > 0 ? working : "reading";
    case "succeeded":
      return "success";
    case "failed":
    case "cancelled":
      return "fail";
    default:
      return job.state satisfies never;
  }
}

/** An upsert that changes nothing is a success too. */
function successes(job: Job, counts: Counts): number {
  if (job.spec.type === "export") return counts.records - counts.rejected;
  return counts.inserted + counts.updated + counts.unchanged + counts.deleted;
}

/** An import that failed has rejects to give back as well; an export that failed has no file that is whole. */
function fileOf(job: Job): string | null {
  if (job.endedAt === null || job.result === null) return null;
  return job.state === "succeeded" || job.spec.type === "import" ? job.result.file : null;
}

const texts = {
  en: {
    import: "Import completed.",
    export: "Export completed.",
    cancelled: "Cancelled.",
    rejects: (count: number) => `${count} ${count === 1 ? "record" : "records"} failed.`,
    first: (line: number, message: string) => `Line ${line}: ${message}`,
  },
  zh: {
    import: "导入完成.",
    export: "导出完成.",
    cancelled: "已取消.",
    rejects: (count: number) => `${count} 条记录失败.`,
    first: (line: number, message: string) => `第 ${line} 行: ${message}`,
  },
} as const;

function messageOf(job: Job, locale: Locale): string {
  if (job.endedAt === null) return "";
  const text = texts[locale];
  if (job.state === "succeeded") return [text[job.spec.type], ...rejects(job, locale)].join(" ");
  const { error } = job;
  const reason = error ? `${sentence(error.message)} ${sentence(errorKinds[error.code].hint)}` : "";
  if (job.state === "cancelled") return [text.cancelled, ...rejects(job, locale)].join(" ");
  return [reason, ...rejects(job, locale)].join(" ").trim();
}

/** How many, and the first one's reason. */
function rejects(job: Job, locale: Locale): string[] {
  const { rejected } = job.progress.counts;
  if (rejected === 0) return [];
  const first = job.result?.firstReject;
  const count = texts[locale].rejects(rejected);
  return first ? [count, texts[locale].first(first.line, first.message)] : [count];
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
