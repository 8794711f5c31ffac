import type { JobState } from "../../job/job.ts";

/** How a job came to its end, whoever ran it. */
export interface TransferEnd {
  type: "import" | "export";
  /** On the service; null for a job of this process. */
  job: number | null;
  state: Extract<JobState, "succeeded" | "failed" | "cancelled">;
  from: string;
  to: string;
  /** Of the file. */
  format: "json" | "csv" | "tsv";
  /** Records of the file that were looked at, or documents written to it. */
  records: number;
  /** Of an import, where it is known: what became of those that did not fail. */
  written: { inserted: number; updated: number; unchanged: number; deleted: number } | null;
  failed: number;
  failures: Failures;
  /** Of the file. */
  bytes: number;
  seconds: number;
  /** Records that an earlier run of the same command had done: they took none of the seconds. */
  recordsBefore: number;
  error: { code: string; message: string; hint: string } | null;
  rejects: {
    /** Where they are. */
    place: string;
    /** The command that submits them again, once they are mended. */
    again: string;
  } | null;
  /** Of an export: values that will read back as another type. */
  retyped: number;
  /** Of an export to CSV: cells that a spreadsheet would run as a formula. */
  formulas: number;
  /** Of an export: the content digest of its documents. */
  digest: string | null;
}

/** Why records failed. */
export interface Failures {
  reasons: { code: string; count: number }[];
  /** In file order. */
  first: { line: number; code: string; message: string }[];
}

/** Failures told in full. */
const toldInFull = 3;

/** Counts rejects as they come by. */
export class FailureCounter {
  readonly #counts = new Map<string, number>();
  readonly #first: Failures["first"] = [];

  add(reject: { line: number; code: string; message: string }): void {
    const { line, code, message } = reject;
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
    this.#first.push({ line, code, message });
    if (this.#first.length <= toldInFull) return;
    this.#first.sort((a, b) => a.line - b.line);
    this.#first.length = toldInFull;
  }

  take(): Failures {
    const reasons = [...this.#counts].map(([code, count]) => ({ code, count }));
    return { reasons: reasons.sort((a, b) => b.count - a.count), first: this.#first };
  }
}

/** What ends a transfer that was asked to stop. Its message says how to go on. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}
