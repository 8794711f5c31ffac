import { openAsBlob, statSync } from "node:fs";
import { basename } from "node:path";
import { Command } from "commander";
import type { Docferry, File } from "#client";
import { CommandError } from "./command-errors.ts";
import { interruptSignal } from "./interrupt.ts";
import { requireServer, type ServerOptions, serverOptions } from "./options/server-options.ts";
import { fileNameArgument, textOption } from "./options/values.ts";
import { progressDisplay, type ProgressDisplay } from "./progress/progress-display.ts";
import type { ProgressView } from "./progress/progress-line.ts";
import { bytesText, shownName } from "./progress/words.ts";
import { serviceClient } from "./server/service-client.ts";
import { tableText } from "./table.ts";
import { openOutput } from "./transfer/output.ts";
import { Interrupted } from "./transfer/transfer-end.ts";

type Options = ServerOptions & { json?: true; quiet?: true };

/** `docferry files` */
export function filesCommand(): Command {
  const files = new Command("files")
    .addCommand(putCommand())
    .addCommand(getCommand())
    .addCommand(listCommand())
    .addCommand(removeCommand());
  return files.addHelpText(
    "after",
    `
The service is named by --server, --env and --token (or --app-id and --app-secret), or by the variables DOCFERRY_SERVER,
DOCFERRY_ENV_ID, DOCFERRY_TOKEN, DOCFERRY_APP_ID, DOCFERRY_APP_SECRET.

Examples:
  docferry files put people.json
  docferry files get out/people.json --out people.json
  docferry files list out/`,
  );
}

function putCommand(): Command {
  return common(new Command("put").description("store a file on the service"))
    .argument("<path>", "the file here; - is stdin")
    .addArgument(fileNameArgument("[name]", "its name there (default: the file's own)"))
    .addHelpText(
      "after",
      "\nExamples:\n  docferry files put people.json\n  gzip -dc dump.gz | docferry files put - dumps/monday.json",
    )
    .action(async (path: string, name: string | undefined, options: Options) => {
      using interrupt = interruptSignal();
      const { signal } = interrupt;
      if (path === "-" && name === undefined)
        throw new CommandError("stdin has no name: give one behind -");
      const client = clientOf(options);
      const display = displayOf(`sending ${path === "-" ? "stdin" : basename(path)}`, options);
      const { open, size } = await contentOf(path);
      const content = () => counted(open(), (bytes) => display.update(sentView(bytes, size)));
      const stored = await stoppable(signal, display, async () =>
        // A file can be sent again where the connection breaks; stdin cannot.
        client.files.put(name ?? basename(path), path === "-" ? content() : content, { signal }),
      );
      tell(options, stored, () => `${stored.name}: ${bytesText(stored.size)}, MD5 ${stored.md5}\n`);
    });
}

async function contentOf(
  path: string,
): Promise<{ open: () => ReadableStream<Uint8Array>; size: number | null }> {
  if (path === "-") {
    return { open: () => ReadableStream.from<Uint8Array>(process.stdin), size: null };
  }
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new CommandError(`There is no file ${path}`);
  if (found.isDirectory()) throw new CommandError(`${path} is a folder, not a file`);
  const blob = await openAsBlob(path);
  return { open: () => blob.stream(), size: blob.size };
}

function counted(
  stream: ReadableStream<Uint8Array>,
  onBytes: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  let bytes = 0;
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        bytes += piece.length;
        onBytes(bytes);
        controller.enqueue(piece);
      },
    }),
  );
}

function sentView(bytes: number, totalBytes: number | null): ProgressView {
  const none = { records: null, rejects: 0, totalRecords: null, stalled: null };
  return { ...none, phase: "", bytes, totalBytes };
}

function displayOf(label: string, options: Options): ProgressDisplay {
  return progressDisplay(shownName(label, 28), {
    stream: process.stderr,
    quiet: options.quiet === true,
    environment: process.env,
    clock: () => performance.now(),
  });
}

function getCommand(): Command {
  return common(new Command("get").description("fetch a file of the service"))
    .addArgument(fileNameArgument("<name>", "its name"))
    .addOption(textOption("-o, --out <path>", "to this file; - is stdout (default: stdout)"))
    .addHelpText("after", "\nExample:\n  docferry files get out/people.json --out people.json")
    .action(async (name: string, options: Options & { out?: string }) => {
      using interrupt = interruptSignal();
      const { signal } = interrupt;
      const out = options.out === undefined || options.out === "-" ? null : options.out;
      const output = openOutput(out, process.stdout);
      const client = clientOf(options);
      const display = displayOf(`fetching ${name}`, options);
      await stoppable(signal, display, async () => {
        const { size, body } = await client.files.open(name, { signal });
        const shown = counted(body, (done) => display.update(sentView(done, size)));
        await output.take(shown, { signal });
      });
    });
}

function listCommand(): Command {
  return common(new Command("list").description("list files in order of their names"))
    .argument("[prefix]", "only names that begin so")
    .addHelpText("after", "\nExample:\n  docferry files list out/ --json")
    .action(async (prefix: string | undefined, options: Options) => {
      const found: File[] = [];
      for await (const file of clientOf(options).files.list(
        prefix === undefined ? {} : { prefix },
      )) {
        found.push(file);
      }
      tell(options, found, () =>
        tableText([
          ["NAME", "BYTES", "TYPE", "STORED"],
          ...found.map(({ name, size, contentType, modified }) => [
            name,
            size,
            contentType,
            modified,
          ]),
        ]),
      );
    });
}

function removeCommand(): Command {
  return common(new Command("remove").description("remove a file; a job that imports it goes on"))
    .addArgument(fileNameArgument("<name>", "its name"))
    .addHelpText("after", "\nExample:\n  docferry files remove people.json")
    .action(async (name: string, options: Options) => {
      await clientOf(options).files.remove(name);
      tell(options, { removed: name }, () => `Removed ${name}\n`);
    });
}

async function stoppable<T>(
  signal: AbortSignal,
  display: ProgressDisplay,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Interrupted(
      "Stopped. Nothing half-written has a name; start it again to have it whole.",
    );
  } finally {
    display.stop();
  }
}

function common(command: Command): Command {
  serverOptions(command);
  return command.option("--json", "tell it as JSON").option("--quiet", "show no progress");
}

function clientOf(options: Options): Docferry {
  return serviceClient(requireServer(options));
}

function tell(options: Options, value: unknown, text: () => string): void {
  process.stdout.write(options.json ? `${JSON.stringify(value)}\n` : text());
}
