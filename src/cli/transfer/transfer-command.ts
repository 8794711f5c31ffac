import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { createLogger } from "../../telemetry/logger.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { integerOption } from "../options/values.ts";
import { progressDisplay } from "../progress/progress-display.ts";
import { shownName } from "../progress/words.ts";
import type { Session } from "./solo.ts";
import { summaryJson, summaryText } from "./summary.ts";
import type { TransferEnd } from "./transfer-end.ts";

/** Options of both commands. */
export interface CommonOptions {
  quiet?: true;
  verbose?: true;
  json?: true;
  restart?: true;
  numDecodingWorkers?: number;
}

export function commonOptions(command: Command): void {
  command
    .option(
      "--restart",
      "begin anew instead of going on with the unfinished job of the same command",
    )
    .addOption(
      integerOption(
        "--numDecodingWorkers <n>",
        "threads that decode and encode (default: one a core)",
        {
          min: 1,
          max: 256,
        },
      ),
    )
    .option("--json", "tell the result as JSON")
    .option("--quiet", "show no progress")
    .option("-v, --verbose", "log what is done");
}

/** @param label what the bar begins with */
export function sessionOf(options: CommonOptions, label: string, signal: AbortSignal): Session {
  return {
    display: progressDisplay(shownName(label, 28), {
      stream: process.stderr,
      quiet: options.quiet === true,
      environment: process.env,
      clock: () => performance.now(),
    }),
    signal,
    logger: createLogger(options.verbose ? "info" : "silent"),
    threads: options.numDecodingWorkers ?? availableParallelism(),
    restart: options.restart === true,
    clock: Date.now,
  };
}

/**
 * Tells the end and sets the exit code.
 * @param options.stdoutTaken stdout has the data: the result goes to stderr, and with --quiet nowhere
 */
export function tellEnd(end: TransferEnd, options: CommonOptions & { stdoutTaken: boolean }): void {
  process.exitCode = exitCodeOf(end);
  const text = options.json ? summaryJson(end) : summaryText(end);
  if (!options.stdoutTaken) process.stdout.write(text);
  else if (!options.quiet || end.state !== "succeeded") process.stderr.write(text);
}

function exitCodeOf(end: TransferEnd): ExitCode {
  if (end.state !== "succeeded") return exitCodes.failed;
  return end.failed > 0 ? exitCodes.rejects : exitCodes.done;
}
