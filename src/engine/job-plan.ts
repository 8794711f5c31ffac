import type { DecodeSpec, EncodeSpec } from "../formats/codec.ts";
import type { QueryPlan } from "../query/plan.ts";
import type { ExportSpec } from "../job/job.ts";

/** What an import's plan has found in the file; stands in the job store as JSON. */
export interface ImportPlan {
  decode: DecodeSpec;
  chunks: number;
  /** The file is an array without its closing bracket. */
  unclosed: boolean;
  /** Bytes of the CSV header row, from the start of the file: the reject file gets it too. */
  headerBytes: number;
}

/** What an export's plan has found in the database. */
export interface ExportPlan {
  encode: EncodeSpec;
}

/** A query as it stands in a job's spec: bytes as base64. */
export function storedQuery(query: QueryPlan): ExportSpec["query"] {
  return {
    ...query,
    filter: Buffer.from(query.filter).toString("base64"),
    projection: query.projection && Buffer.from(query.projection).toString("base64"),
  };
}

export function restoredQuery(query: ExportSpec["query"]): QueryPlan {
  return {
    ...query,
    filter: new Uint8Array(Buffer.from(query.filter, "base64")),
    projection:
      query.projection === null ? null : new Uint8Array(Buffer.from(query.projection, "base64")),
  };
}
