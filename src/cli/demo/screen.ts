import { styleText } from "node:util";
import {
  type ProgressDisplay,
  progressDisplay,
  type ProgressStream,
} from "../progress/progress-display.ts";
import type { ProgressView } from "../progress/progress-line.ts";
import { columnsOf, shownName } from "../progress/words.ts";

type Style = "bold" | "dim" | "green";

/** Where the story is told: text on stdout, broken between words; a bar below it on stderr. */
export interface Screen {
  heading(text: string): void;
  say(text: string): void;
  /** Data as they are, indented and pale. */
  data(text: string): void;
  /** What has been proved. */
  good(text: string): void;
  /** Lines as they are, to be copied. */
  plain(text: string): void;
  /** The bar of what goes on; another label is another bar. */
  progress(label: string, view: ProgressView): void;
  /** Takes the bar away. */
  stop(): void;
}

/** Texts are not wider than this, whatever the terminal is. */
const widest = 100;

export function createScreen(out: NodeJS.WriteStream, bars: ProgressStream): Screen {
  const style = styler(out);
  let bar: { label: string; display: ProgressDisplay } | null = null;
  const stop = () => {
    bar?.display.stop();
  };
  const write = (lines: string[], as: Style | null) => {
    stop();
    for (const line of lines) out.write(`${as && line !== "" ? style(as, line) : line}\n`);
  };
  const prose = (text: string) => wrapped(text, Math.min(widest, out.columns ?? widest) - 1);
  return {
    heading: (text) => write(prose(`\n${text}`), "bold"),
    say: (text) => write(prose(text), null),
    data: (text) => write(text.replaceAll(/^/gm, "    ").split("\n"), "dim"),
    good: (text) => write(prose(text), "green"),
    plain: (text) => write(text.split("\n"), null),
    progress(label, view) {
      if (bar?.label !== label) {
        stop();
        const display = progressDisplay(shownName(label, 28), {
          stream: bars,
          quiet: false,
          environment: process.env,
          clock: () => performance.now(),
        });
        bar = { label, display };
      }
      bar.display.update(view);
    },
    stop,
  };
}

function styler(out: NodeJS.WriteStream): (style: Style, text: string) => string {
  const isPlain = !out.isTTY || process.env["NO_COLOR"] || process.env["TERM"] === "dumb";
  if (isPlain) return (_, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}

/** Broken between words where it is too wide; a word that is too long stays whole. */
export function wrapped(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => {
    const lines: string[] = [];
    let current: string | null = null;
    for (const word of line.split(" ")) {
      if (current === null) current = word;
      else if (columnsOf(current) + 1 + columnsOf(word) <= width) current += ` ${word}`;
      else {
        lines.push(current);
        current = word;
      }
    }
    return [...lines, current ?? ""];
  });
}
