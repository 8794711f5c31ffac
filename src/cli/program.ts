import { Command, CommanderError } from "commander";
import { DocferryError } from "../job/errors.ts";
import { demoCommand } from "./demo.ts";
import { exitCodes } from "./exit-codes.ts";
import { serveCommand } from "./serve.ts";

/** Runs the command line; sets the exit code, and prints what went wrong as one sentence and what to do about it. */
export async function runCli(argv: readonly string[]): Promise<void> {
  const program = new Command("docferry")
    .description(
      "Ferries documents in and out of databases, as jobs that can be watched, stopped, resumed and proved.",
    )
    .showSuggestionAfterError()
    .showHelpAfterError("(docferry --help lists the commands, docferry COMMAND --help its options)")
    .addCommand(serveCommand())
    .addCommand(demoCommand());
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync(argv);
  } catch (thrown) {
    process.exitCode = report(thrown);
  }
}

function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) {
    // Commander has printed it; help that was asked for is no error.
    return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  if (thrown instanceof DocferryError) {
    process.stderr.write(`docferry: ${thrown.message}\n${thrown.hint}\n`);
    return thrown.code === "invalid_config" ? exitCodes.usage : exitCodes.failed;
  }
  process.stderr.write(`docferry: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
  return exitCodes.failed;
}
