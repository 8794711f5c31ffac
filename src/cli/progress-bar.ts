import { MultiBar } from "cli-progress";

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
  const stream = process.stdout;
  const indented = (line: string) => `    ${line}\n`;
  if (!stream.isTTY)
    return { update() {}, note: (line) => stream.write(indented(line)), stop() {} };
  const format =
    total === null
      ? `    ${label}  {value} records`
      : `    ${label}  [{bar}] {percentage}%  {value} of {total} records`;
  const bars = new MultiBar({
    stream,
    format,
    barsize: 30,
    barCompleteChar: "#",
    barIncompleteChar: ".",
    hideCursor: true,
    linewrap: true,
  });
  const bar = bars.create(total ?? 0, 0);
  return {
    update: (records) => bar.update(records),
    note: (line) => bars.log(indented(line)),
    stop() {
      bars.update();
      bars.stop();
    },
  };
}
