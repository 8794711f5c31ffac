import { Command, CommanderError } from "commander";
import {
  DocferryApiError,
  DocferryConnectionError,
  JobFailedError,
  NotDocferryError,
} from "#client";
import { DocferryError } from "../job/errors.ts";
import { exitCodes } from "./exit-codes.ts";
import { Interrupted } from "./transfer/transfer-end.ts";
import { CommandError, UsageError } from "./command-errors.ts";

/** Every command: what is loaded and run is only the one that is called. */
const commands: readonly {
  name: string;
  description: string;
  load: () => Promise<Command>;
}[] = [
  {
    name: "serve",
    description: "start the service on the embedded stores of a data folder",
    load: async () => (await import("./serve.ts")).serveCommand(),
  },
  {
    name: "import",
    description: "bring a file of documents into a collection, as mongoimport does",
    load: async () => (await import("./import.ts")).importCommand(),
  },
  {
    name: "export",
    description: "bring documents of a collection into a file, as mongoexport does",
    load: async () => (await import("./export.ts")).exportCommand(),
  },
  {
    name: "jobs",
    description: "list, show, watch and cancel the jobs of a service; get back what failed",
    load: async () => (await import("./jobs.ts")).jobsCommand(),
  },
  {
    name: "files",
    description: "put, get, list and remove the files of a service",
    load: async () => (await import("./files.ts")).filesCommand(),
  },
  {
    name: "env",
    description: "add, list and remove environments of a data folder",
    load: async () => (await import("./env.ts")).envCommand(),
  },
  {
    name: "app",
    description: "add, list and remove apps of a data folder; give them other secrets",
    load: async () => (await import("./app.ts")).appCommand(),
  },
  {
    name: "key",
    description: "add, list and remove Cloud API keys of an app",
    load: async () => (await import("./key.ts")).keyCommand(),
  },
  {
    name: "platform",
    description: "add, list and remove platforms; say for which apps they act",
    load: async () => (await import("./platform.ts")).platformCommand(),
  },
  {
    name: "doctor",
    description: "look at the machine, the data folder, the disk and the port, and say what to do",
    load: async () => (await import("./doctor.ts")).doctorCommand(),
  },
  {
    name: "completion",
    description: "print a script that completes commands and options in a shell",
    load: async () => (await import("./completion.ts")).completionCommand(docferryProgram),
  },
  {
    name: "demo",
    description:
      "carry a real data set in and out of a service of its own, and prove that nothing was lost",
    load: async () => (await import("./demo.ts")).demoCommand(),
  },
];

/** Runs the command line; sets the exit code, and prints what went wrong as one sentence and what to do about it. */
export async function runCli(argv: readonly string[]): Promise<void> {
  endWithClosedPipe();
  try {
    const named = argv.slice(2).filter((word) => !word.startsWith("-"));
    const called = named[0] === "help" ? named[1] : named[0];
    const program = await docferryProgram((name) => name === called);
    await program.parseAsync(argv);
  } catch (thrown) {
    // What has failed before, such as an output that is full, is not undone by an end that is none.
    process.exitCode = report(thrown) || process.exitCode;
  }
}

/** The program with its commands; those that are not loaded have their names only. */
export async function docferryProgram(isLoaded: (name: string) => boolean): Promise<Command> {
  const program = new Command("docferry").description(
    "Ferries documents in and out of databases, as jobs that can be watched, stopped, resumed and proved.",
  );
  for (const { name, description, load } of commands) {
    const command = isLoaded(name) ? await load() : new Command(name);
    program.addCommand(command.description(description));
  }
  settle(program, "docferry");
  return program;
}

/** One manner for all commands, those of commands too. */
function settle(command: Command, path: string): void {
  command
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError(`${path} --help lists what there is`)
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, "docferry: ")),
    });
  for (const inner of command.commands) settle(inner, `${path} ${inner.name()}`);
}

function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) {
    // Commander has printed it; help that was asked for is no error.
    return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  if (thrown instanceof UsageError) {
    process.stderr.write(`docferry: ${thrown.message}\n`);
    return exitCodes.usage;
  }
  if (thrown instanceof CommandError) {
    process.stderr.write(`docferry: ${thrown.message}\n`);
    return exitCodes.failed;
  }
  if (thrown instanceof Interrupted) {
    process.stderr.write(`${thrown.message}\n`);
    return exitCodes.interrupted;
  }
  if (thrown instanceof DocferryApiError) {
    const request = thrown.rid === null ? "" : ` (request ${thrown.rid})`;
    process.stderr.write(`docferry: ${thrown.message}\n${thrown.hint}${request}\n`);
    return exitCodes.failed;
  }
  if (
    thrown instanceof DocferryConnectionError ||
    thrown instanceof NotDocferryError ||
    thrown instanceof JobFailedError
  ) {
    process.stderr.write(`docferry: ${thrown.message}\n`);
    return exitCodes.failed;
  }
  if (thrown instanceof DocferryError) {
    process.stderr.write(`docferry: ${thrown.message}\n${thrown.hint}\n`);
    return thrown.code === "invalid_config" ? exitCodes.usage : exitCodes.failed;
  }
  process.stderr.write(`docferry: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
  return exitCodes.failed;
}

/** `docferry … | head`: whoever reads has enough, and a stack would help nobody. */
function endWithClosedPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Somebody else listens while data are poured there, and tells it.
    if (process.stdout.listenerCount("error") > 1) return;
    process.exitCode ??= exitCodes.failed;
    if (error.code !== "EPIPE") process.stderr.write(`docferry: stdout: ${error.message}\n`);
  });
}
