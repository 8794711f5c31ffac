import type { Documents } from "../bson/documents.ts";
import type { Position } from "./chunk.ts";
import type { Reject } from "./reject.ts";

/** What decoding a stretch of a file gave. Records are in file order. */
export interface RecordBatch extends Documents {
  /** Byte offset in the file of each document's record. */
  offsets: Float64Array;
  /** Bytes of each document's record in the file, its line end not included. */
  lengths: Uint32Array;
  /** 1-based line of each document's record. */
  lines: Float64Array;
  /** The records in the same stretch of the file that became no document, in file order. */
  rejects: Reject[];
  /** Where the next record may begin: all before it is in this batch or an earlier one. */
  end: Position;
}
