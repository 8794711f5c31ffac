import { progressLine, type ProgressView, type Speed } from "./progress-line.ts";
import { SpeedMeter } from "./speed.ts";

/** What shows the progress of one job. */
export interface ProgressDisplay {
  update(view: ProgressView): void;
  /** A line of its own, above the bar where there is one. */
  note(line: string): void;
  /** Takes the bar away. */
  stop(): void;
}

/** What is written to: stderr, mostly. */
export interface ProgressStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Without a terminal, a line this often. */
const lineEveryMs = 3_000;
const drawEveryMs = 80;

/** A bar on a terminal, a line every few seconds elsewhere, nothing at all with `quiet`. */
export function progressDisplay(
  label: string,
  options: {
    stream: ProgressStream;
    quiet: boolean;
    environment: NodeJS.ProcessEnv;
    /** ms */
    clock: () => number;
  },
): ProgressDisplay {
  if (options.quiet) return { update() {}, note() {}, stop() {} };
  const { stream, environment, clock } = options;
  const isDumb = environment["TERM"] === "dumb";
  if (!stream.isTTY || isDumb) return lines(label, stream, clock);
  return bar(label, stream, clock, !environment["NO_COLOR"]);
}

function bar(
  label: string,
  stream: ProgressStream,
  clock: () => number,
  color: boolean,
): ProgressDisplay {
  const meter = new SpeedMeter();
  let drawnAt = -Infinity;
  let shown = "";
  const draw = (line: string) => {
    stream.write(`\r\u001b[2K${line}`);
    shown = line;
  };
  return {
    update(view) {
      const now = clock();
      const speed: Speed = meter.add(now, { records: view.records ?? 0, bytes: view.bytes ?? 0 });
      if (now - drawnAt < drawEveryMs) return;
      drawnAt = now;
      // Asked each time: a terminal may be resized.
      draw(progressLine(label, view, speed, { width: stream.columns ?? 80, color }));
    },
    note(line) {
      const before = shown;
      stream.write(`\r\u001b[2K${line}\n`);
      if (before !== "") draw(before);
    },
    stop() {
      if (shown !== "") draw("");
    },
  };
}

/** Wide enough for all there is to say. */
const logWidth = 160;

function lines(label: string, stream: ProgressStream, clock: () => number): ProgressDisplay {
  const meter = new SpeedMeter();
  let saidAt: number | null = null;
  return {
    update(view) {
      const now = clock();
      const speed = meter.add(now, { records: view.records ?? 0, bytes: view.bytes ?? 0 });
      saidAt ??= now;
      if (now - saidAt < lineEveryMs) return;
      saidAt = now;
      stream.write(`${progressLine(label, view, speed, { width: logWidth, color: false })}\n`);
    },
    note: (line) => stream.write(`${line}\n`),
    stop() {},
  };
}
