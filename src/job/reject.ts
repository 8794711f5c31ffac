/**
 * A record that failed. Its raw bytes are not here: they are `length` bytes at `offset` of the job's pinned object,
 * so a file of nothing but rejects costs little.
 */
export interface Reject {
  /** Byte offset of the record's first byte in the file. */
  offset: number;
  /** Bytes of the record in the file, its line end not included. */
  length: number;
  /** 1-based line on which the record begins. */
  line: number;
  /**
   * 1-based column of the fault, in bytes from the start of the line it stands on, or from the end of the record before it on
   * that line: a reader that begins there knows no more, and the number is the same wherever it began. 0 where there is none.
   */
  column: number;
  code: RejectCode;
  /** A sentence that a person understands, without the line: the reader adds it. No full stop. */
  message: string;
  /** Dotted path of the field at fault, `""` where there is none. */
  path: string;
}

export type RejectCode =
  /** Not JSON: `{"a":}`, a raw control character in a string, text between records. */
  | "json_syntax"
  /** The end of the file, or the next record on a line of its own, came before the record's end. */
  | "json_unfinished"
  /** A top-level value that is not an object. */
  | "not_an_object"
  /** A number that neither Int64, Double nor Decimal128 can hold. */
  | "number_range"
  /** A wrong Extended JSON form, such as `{"$oid":"xyz"}`. */
  | "extended_json"
  | "duplicate_key"
  | "invalid_utf8"
  /** NUL in a key or in a regular expression. */
  | "nul_byte"
  /** More than 200 levels. */
  | "too_deep"
  /** A BSON document of more than 16 MiB, or a record of more than the codec's text limit. */
  | "too_large"
  /** Leading, trailing or double dots, or both `a.b` and `a`: an environment takes none of these. */
  | "field_name"
  /** A quote where none may stand, or one that does not end. */
  | "csv_quote"
  /** More cells than columns where an extra column would hide another. */
  | "csv_cells"
  /** A typed column's cell that is not of that type. */
  | "csv_type"
  /** An `_id` that no document may have: an array, a regular expression, undefined. */
  | "invalid_id"
  /** Insert of an `_id` that is there already. */
  | "duplicate_id";
