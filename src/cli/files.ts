import { openAsBlob, statSync } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { Command } from "commander";
import type { Docferry, File } from "#client";
import { CommandError } from "./command-errors.ts";
import { interruptSignal } from "./interrupt.ts";
import { requireServer, type ServerOptions, serverOptions } from "./options/server-options.ts";
import { textOption } from "./options/values.ts";
import { bytesText } from "./progress/words.ts";
import { serviceClient } from "./server/service-client.ts";
import { tableText } from "./table.ts";
import { openOutput } from "./transfer/output.ts";
import { Interrupted } from "./transfer/transfer-end.ts";

type Options = ServerOptions & { json?: true };

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
    .argument("[name]", "its name there (default: the file's own)")
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
      const stored = await stoppable(signal, async () =>
        client.files.put(name ?? basename(path), await contentOf(path), { signal }),
      );
      tell(options, stored, () => `${stored.name}: ${bytesText(stored.size)}, MD5 ${stored.md5}\n`);
    });
}

/** A file can be sent again where the connection breaks; stdin cannot. */
async function contentOf(path: string) {
  if (path === "-") return Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>;
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new CommandError(`There is no file ${path}`);
  if (found.isDirectory()) throw new CommandError(`${path} is a folder, not a file`);
  const blob = await openAsBlob(path);
  return () => blob.stream();
}

function getCommand(): Command {
  return common(new Command("get").description("fetch a file of the service"))
    .argument("<name>", "its name")
    .addOption(textOption("-o, --out <path>", "to this file; - is stdout (default: stdout)"))
    .addHelpText("after", "\nExample:\n  docferry files get out/people.json --out people.json")
    .action(async (name: string, options: Options & { out?: string }) => {
      using interrupt = interruptSignal();
      const { signal } = interrupt;
      const out = options.out === undefined || options.out === "-" ? null : options.out;
      const output = openOutput(out, process.stdout);
      const client = clientOf(options);
      await stoppable(signal, async () =>
        output.take(await client.files.get(name, { signal }), { signal }),
      );
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
    .argument("<name>", "its name")
    .addHelpText("after", "\nExample:\n  docferry files remove people.json")
    .action(async (name: string, options: Options) => {
      await clientOf(options).files.remove(name);
      tell(options, { removed: name }, () => `Removed ${name}\n`);
    });
}

async function stoppable<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Interrupted(
      "Stopped. Nothing half-written has a name; start it again to have it whole.",
    );
  }
}

function common(command: Command): Command {
  serverOptions(command);
  return command.option("--json", "tell it as JSON");
}

function clientOf(options: Options): Docferry {
  return serviceClient(requireServer(options));
}

function tell(options: Options, value: unknown, text: () => string): void {
  process.stdout.write(options.json ? `${JSON.stringify(value)}\n` : text());
}
