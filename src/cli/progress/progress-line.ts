import { bytesText, clockText, columnsOf, countText } from "./words.ts";

/** How far a job is, as it is shown. */
export interface ProgressView {
  /** What goes on, in a word or two: `reading`, `writing`. */
  phase: string;
  records: number;
  rejects: number;
  /** null where nobody counts them. */
  bytes: number | null;
  /** null where nobody knows before. */
  totalBytes: number | null;
  totalRecords: number | null;
  /** Why it cannot go on at the moment; null while it can. */
  stalled: string | null;
}

/** How fast it goes; null before anybody can tell. */
export interface Speed {
  recordsPerSecond: number | null;
  bytesPerSecond: number | null;
}

export interface LineOptions {
  /** Columns; what does not fit is left out, the least important first. */
  width: number;
  color: boolean;
}

/** One line about a job, for a terminal or for a log. */
export function progressLine(
  label: string,
  view: ProgressView,
  speed: Speed,
  options: LineOptions,
): string {
  const pieces = piecesOf(label, view, speed);
  // A terminal that is written to its last column may break the line.
  const width = Math.max(1, options.width - 1);
  const chosen = fitting(pieces, width);
  const left = width - lengthOf(chosen);
  const fraction = fractionOf(view);
  const bar = fraction !== null && left >= shortestBar + 2 ? barText(fraction, left, options) : "";
  const text = chosen.map((piece) => piece.text).join("  ");
  if (bar === "") return cut(text, width);
  const labelEnd = chosen[0]?.important === labelWeight ? label.length : 0;
  return labelEnd > 0 ? `${label}  ${bar}${text.slice(labelEnd)}` : `${bar}  ${text}`;
}

function cut(text: string, width: number): string {
  const characters = Array.from(text);
  while (columnsOf(characters.join("")) > width) characters.pop();
  return characters.join("");
}

/** Of the work done, 0 to 1; null where the whole is not known. */
export function fractionOf(view: ProgressView): number | null {
  const [done, total] =
    view.bytes !== null && view.totalBytes !== null
      ? [view.bytes, view.totalBytes]
      : [view.records, view.totalRecords ?? 0];
  return total > 0 ? Math.min(1, done / total) : null;
}

interface Piece {
  text: string;
  /** The higher, the longer it stays as the terminal gets narrow. */
  important: number;
}

const labelWeight = 3;
const shortestBar = 8;
const longestBar = 30;

function piecesOf(label: string, view: ProgressView, speed: Speed): Piece[] {
  const fraction = fractionOf(view);
  const left = secondsLeft(view, speed);
  const pieces: (Piece | null)[] = [
    { text: label, important: labelWeight },
    fraction === null ? null : { text: `${Math.floor(fraction * 100)}%`, important: 9 },
    { text: `${countText(view.records)} records`, important: 8 },
    view.rejects > 0 ? { text: `${countText(view.rejects)} failed`, important: 7 } : null,
    speed.recordsPerSecond === null
      ? null
      : { text: `${countText(speed.recordsPerSecond)}/s`, important: 5 },
    view.bytes === null ? null : { text: bytesOf(view.bytes, view.totalBytes), important: 4 },
    left === null ? null : { text: `${clockText(left)} left`, important: 6 },
    view.stalled === null
      ? { text: view.phase, important: 2 }
      : { text: `waiting: ${view.stalled}`, important: 10 },
  ];
  return pieces.filter((piece) => piece !== null);
}

function bytesOf(bytes: number, total: number | null): string {
  return total === null ? bytesText(bytes) : `${bytesText(bytes)} of ${bytesText(total)}`;
}

function secondsLeft(view: ProgressView, speed: Speed): number | null {
  const [left, perSecond] =
    view.bytes !== null && view.totalBytes !== null
      ? [view.totalBytes - view.bytes, speed.bytesPerSecond]
      : [(view.totalRecords ?? view.records) - view.records, speed.recordsPerSecond];
  if (left <= 0 || perSecond === null || perSecond <= 0) return null;
  return left / perSecond;
}

/** Leaves out the least important until the rest fits. */
function fitting(pieces: Piece[], width: number): Piece[] {
  const kept = [...pieces];
  while (kept.length > 1 && lengthOf(kept) > width) {
    const least = Math.min(...kept.map((piece) => piece.important));
    kept.splice(
      kept.findIndex((piece) => piece.important === least),
      1,
    );
  }
  return kept;
}

function lengthOf(pieces: Piece[]): number {
  return pieces.reduce((sum, piece) => sum + columnsOf(piece.text), 0) + 2 * (pieces.length - 1);
}

function barText(fraction: number, room: number, { color }: LineOptions): string {
  const inner = Math.min(longestBar, room - 4);
  const done = Math.round(fraction * inner);
  const full = "#".repeat(done);
  return `[${color && done > 0 ? `\u001b[32m${full}\u001b[39m` : full}${".".repeat(inner - done)}]`;
}
