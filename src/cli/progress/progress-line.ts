import { bytesText, clockText, columnsOf, countText } from "./words.ts";

/** How far a job is, as it is shown. */
export interface ProgressView {
  /** What goes on, in a word or two: `reading`, `writing`. */
  phase: string;
  /** null where nobody counts them; the same for bytes. */
  records: number | null;
  rejects: number;
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
  // A terminal that is written to its last column may break the line.
  const width = Math.max(1, options.width - 1);
  const chosen = fitting(piecesOf(label, view, speed), width);
  const fraction = fractionOf(view);
  const words = chosen.map((piece) => {
    if (piece.text !== shortestBar || fraction === null) return piece.text;
    return barText(fraction, shortestBar.length + width - lengthOf(chosen), options);
  });
  return chosen.length > 1 ? words.join("  ") : cut(words.join(""), width);
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
      : [view.records ?? 0, view.totalRecords ?? 0];
  return total > 0 ? Math.min(1, done / total) : null;
}

interface Piece {
  text: string;
  /** The higher, the longer it stays as the terminal gets narrow. */
  important: number;
}

/** Holds the place of the bar, which takes what the rest leaves. */
const shortestBar = "[########]";
const longestBar = 32;

function piecesOf(label: string, view: ProgressView, speed: Speed): Piece[] {
  const fraction = fractionOf(view);
  const left = secondsLeft(view, speed);
  const pieces: (Piece | null)[] = [
    { text: label, important: 3 },
    fraction === null ? null : { text: shortestBar, important: 5 },
    fraction === null ? null : { text: `${Math.floor(fraction * 100)}%`, important: 9 },
    view.records === null ? null : { text: `${countText(view.records)} records`, important: 8 },
    view.rejects > 0 ? { text: `${countText(view.rejects)} failed`, important: 7 } : null,
    rateOf(view, speed),
    view.bytes === null ? null : { text: bytesOf(view.bytes, view.totalBytes), important: 2 },
    left === null ? null : { text: `${clockText(left)} left`, important: 6 },
    view.stalled === null
      ? { text: view.phase, important: 1 }
      : { text: `waiting: ${view.stalled}`, important: 10 },
  ];
  return pieces.filter((piece) => piece !== null && piece.text !== "") as Piece[];
}

function rateOf(view: ProgressView, speed: Speed): Piece | null {
  if (view.records !== null) {
    const perSecond = speed.recordsPerSecond;
    return perSecond === null ? null : { text: `${countText(perSecond)}/s`, important: 4 };
  }
  const perSecond = speed.bytesPerSecond;
  return perSecond === null ? null : { text: `${bytesText(perSecond)}/s`, important: 4 };
}

function bytesOf(bytes: number, total: number | null): string {
  return total === null ? bytesText(bytes) : `${bytesText(bytes)} of ${bytesText(total)}`;
}

function secondsLeft(view: ProgressView, speed: Speed): number | null {
  const [left, perSecond] =
    view.bytes !== null && view.totalBytes !== null
      ? [view.totalBytes - view.bytes, speed.bytesPerSecond]
      : [(view.totalRecords ?? 0) - (view.records ?? 0), speed.recordsPerSecond];
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
  const inner = Math.min(longestBar, room) - 2;
  const done = Math.round(fraction * inner);
  const full = "#".repeat(done);
  return `[${color && done > 0 ? `\u001b[32m${full}\u001b[39m` : full}${".".repeat(inner - done)}]`;
}
