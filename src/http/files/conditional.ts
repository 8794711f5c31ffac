import type { IncomingHttpHeaders } from "node:http";

/** What a file is at the moment. */
export interface Representation {
  /** With its quotes. */
  etag: string;
  /** Unix ms; only its seconds can be told. */
  modifiedAt: number;
  /** Bytes. */
  size: number;
}

/** Bytes `from` … `to` (exclusive) where there are any. */
export type Selection =
  | { status: 200 | 206; from: number; to: number }
  | { status: 304 }
  | { status: 412 }
  | { status: 416 };

/**
 * What a GET or HEAD with these headers is to be answered: preconditions in the order of RFC 9110 13.2.2, then the range. More
 * than one range, or one that cannot be read, is as none.
 */
export function select(headers: IncomingHttpHeaders, file: Representation): Selection {
  if (!matches(headers, file)) return { status: 412 };
  if (isUnchanged(headers, file)) return { status: 304 };
  const whole = { status: 200, from: 0, to: file.size } as const;
  if (headers.range === undefined || !rangeHolds(headers["if-range"], file)) return whole;
  return rangeOf(headers.range, file.size) ?? whole;
}

function matches(headers: IncomingHttpHeaders, file: Representation): boolean {
  const tags = headers["if-match"];
  if (tags !== undefined) return hasTag(tags, file.etag, false);
  const since = dateOf(headers["if-unmodified-since"]);
  return since === null || seconds(file.modifiedAt) <= since;
}

function isUnchanged(headers: IncomingHttpHeaders, file: Representation): boolean {
  const tags = headers["if-none-match"];
  if (tags !== undefined) return hasTag(tags, file.etag, true);
  const since = dateOf(headers["if-modified-since"]);
  return since !== null && seconds(file.modifiedAt) <= since;
}

/** A range is good for the file it was asked of only: else its client gets the whole of the new one. */
function rangeHolds(validator: string | string[] | undefined, file: Representation): boolean {
  if (validator === undefined) return true;
  if (typeof validator !== "string") return false;
  if (/^(W\/)?"/.test(validator)) return validator === file.etag;
  return dateOf(validator) === seconds(file.modifiedAt);
}

function rangeOf(header: string, size: number): Selection | null {
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header);
  const [, first = "", last = ""] = match ?? [];
  if (!match || (first === "" && last === "")) return null;
  const from = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  if (first !== "" && last !== "" && Number(last) < from) return null;
  return from < to ? { status: 206, from, to } : { status: 416 };
}

function hasTag(list: string, etag: string, weak: boolean): boolean {
  if (list.trim() === "*") return true;
  const tags = list.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((tag) => (weak ? tag.replace(/^W\//, "") : tag) === etag);
}

/** Unix seconds; null for no date. */
function dateOf(text: string | undefined): number | null {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? null : seconds(ms);
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
