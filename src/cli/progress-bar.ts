import { SingleBar } from "cli-progress";

export interface ProgressBar {
  update(records: number): void;
  /** Prints a line above the bar. */
  note(line: string): void;
  stop(): void;
}

/**
 * A bar on a terminal; elsewhere only the notes are printed.
 * @param total records, null where nobody knows before
 */
export function progressBar(label: string, total: number | null): ProgressBar {
  const stream = process.stderr;
  if (!stream.isTTY) return { update() {}, note: printLine, stop() {} };
  const format =
    total === null
      ? `${label}  {value} records  {duration_formatted}`
      : `${label}  [{bar}] {percentage}%  {value}/{total} records  {duration_formatted}`;
  const bar = new SingleBar({
    stream,
    format,
    barCompleteChar: "#",
    barIncompleteChar: ".",
    hideCursor: true,
  });
  bar.start(total ?? 0, 0);
  return {
    update: (records) => bar.update(records),
    note(line) {
      stream.write("\r\u001b[K");
      printLine(line);
      bar.render();
    },
    stop: () => bar.stop(),
  };
}

function printLine(line: string): void {
  process.stdout.write(`    ${line}\n`);
}
