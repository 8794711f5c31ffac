import type { Counts } from "./counts.ts";
import type { ErrorData } from "./errors.ts";

/** Clients keep ids in 32 bits. */
export const largestJobId = 2 ** 31 - 1;

/** What a user submitted. Values only; changed by the functions of transitions.ts alone. */
export interface Job {
  /** 1 … `largestJobId`. */
  id: number;
  /** 32 hex digits, made at submit: names the job in databases and derived ids. */
  key: string;
  environment: string;
  spec: JobSpec;
  state: JobState;
  /** A cause while the job cannot go on by itself at the moment (`disk full`); null otherwise. */
  stalled: string | null;
  progress: JobProgress;
  result: JobResult | null;
  error: ErrorData | null;
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
}

/** A job that waits, works or has ended: the table of design section 4. `paused` and `pausing` enter with pause. */
export type JobState =
  | "queued"
  | "planning"
  | "running"
  | "finishing"
  | "succeeded"
  | "failed"
  | "cancelling"
  | "cancelled";

export const endedStates: ReadonlySet<JobState> = new Set(["succeeded", "failed", "cancelled"]);

export type JobSpec = ImportSpec | ExportSpec;

export interface ImportSpec {
  type: "import";
  /** The file's name at submit. */
  file: string;
  /** The object that the name pointed to at submit: what is imported, whatever happens to the name. */
  object: string;
  /** Bytes of that object. */
  size: number;
  collection: string;
  format: "json" | "csv" | "tsv";
  mode: "insert" | "upsert" | "merge" | "delete";
  upsertFields: string[];
  stopOnError: boolean;
  /** For json: reads what MongoDB's shell writes as well. */
  legacy?: boolean;
  /** For csv and tsv. */
  csv: {
    /** true: the first row; else the names. */
    header: true | string[];
    columnsHaveTypes: boolean;
    ignoreBlanks: boolean;
    parseGrace: "autoCast" | "skipField" | "skipRow" | "stop";
    useArrayIndexFields: boolean;
    /** Of a csv: what stands between cells, and around those that need it; a comma and a quote where nothing is said. */
    separator?: string;
    quote?: string;
  };
}

/** A CSV as the vendor's import takes it: the first row names the columns, values are typed by their looks. */
export const plainCsv: Readonly<ImportSpec["csv"]> = Object.freeze({
  header: true,
  columnsHaveTypes: false,
  ignoreBlanks: false,
  parseGrace: "stop",
  useArrayIndexFields: false,
});

export interface ExportSpec {
  type: "export";
  /** The name that the result gets. */
  file: string;
  query: {
    collection: string;
    /** BSON as base64. */
    filter: string;
    projection: string | null;
    sort: { path: string; direction: 1 | -1 }[];
    skip: number;
    limit: number | null;
  };
  format:
    | {
        format: "json";
        form: "relaxed" | "canonical" | "lossless";
        array: boolean;
        pretty: boolean;
        /** Fields in one order, for comparing files. */
        stable?: boolean;
      }
    /** columns null: the projection's, else the union of top-level fields, `_id` first. */
    | {
        format: "csv";
        columns: string[] | null;
        header: boolean;
        /** Typed CSV: the same BSON is read back from it. */
        typed?: boolean;
      };
}

export interface JobProgress {
  counts: Counts;
  /** Bytes of the file read (import) or written (export). */
  bytes: number;
  /** Bytes of the file to read; null for an export, whose size nobody knows before. */
  totalBytes: number | null;
}

export interface JobResult {
  /** The export's file, or the reject file of an import; null where there is none. */
  file: string | null;
  /** Order-independent content digest of the documents (docs/digest.md), null for an import. */
  digest: string | null;
  /** Values that will read back as another type (relaxed JSON, plain CSV). */
  retyped: number;
  /** Cells of a CSV that a spreadsheet would run as a formula. */
  formulas: number;
  /** What the export promises about writes that go on meanwhile; null for an import. */
  consistency: "each-document-once" | null;
  /** The first reject, for the message. */
  firstReject: { line: number; message: string } | null;
}
