import { Command } from "commander";
import { interruptSignal } from "./interrupt.ts";
import { placeOf, placeOptions } from "./options/place.ts";
import { refusedByImport } from "./options/refused.ts";
import type { ServerOptions } from "./options/server-options.ts";
import { refuseOptions } from "./options/values.ts";
import { type ImportOptions, importOptions, importRequest } from "./transfer/import-request.ts";
import { shellCommand } from "./transfer/shell-words.ts";
import {
  commonOptions,
  type CommonOptions,
  sessionOf,
  tellEnd,
} from "./transfer/transfer-command.ts";
import type { TransferEnd } from "./transfer/transfer-end.ts";

type Options = ImportOptions & CommonOptions & ServerOptions & { to?: string };

/** `docferry import` */
export function importCommand(): Command {
  const command = new Command("import").argument("[file]", "as --file");
  placeOptions(command, "--to");
  importOptions(command);
  commonOptions(command);
  refuseOptions(command, refusedByImport);
  command.addHelpText(
    "after",
    `
A job that was stopped goes on when the same command is started again. Exit code 3: done, but some records failed.

Examples:
  docferry import --to sqlite:shop.sqlite people.json
  docferry import --to sqlite:shop.sqlite -c people --type csv --headerline people.csv.gz
  zstdcat dump.zst | docferry import --to sqlite:shop.sqlite -c people --mode upsert
  docferry import --server http://127.0.0.1:8787 --env test-4a89da --app-id wx0123 -c people people.json`,
  );
  return command.action(runImport);
}

async function runImport(
  positional: string | undefined,
  options: Options,
  command: Command,
): Promise<void> {
  const request = importRequest(options, positional);
  const place = placeOf(options, "--to");
  using interrupt = interruptSignal();
  const session = sessionOf(options, `import ${request.order.file}`, interrupt.signal);
  try {
    const told = {
      tell: (end: TransferEnd) => tellEnd(end, { ...options, stdoutTaken: false }),
      again: (file: string) => againCommand(command, file, request.order.collection),
    };
    if (place.kind === "server") {
      const { importOnServer } = await import("./server/server-import.ts");
      await importOnServer(request, place, session, told);
      return;
    }
    if ((options.numInsertionWorkers ?? 1) > 1) {
      session.display.note(
        `A database file has one writer: -j ${options.numInsertionWorkers} changes nothing.`,
      );
    }
    const { importSolo } = await import("./transfer/solo-import.ts");
    await importSolo(request, place, session, told);
  } finally {
    session.display.stop();
  }
}

/** The command as it was typed, for another file. */
function againCommand(command: Command, file: string, collection: string): string {
  const words = ["docferry", "import"];
  const own = new Set(["file", "collection", "drop", "restart", "rejects", "token", "appSecret"]);
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName());
    if (value === undefined || own.has(option.attributeName())) continue;
    const flag = option.long ?? option.short ?? "";
    words.push(flag);
    if (option.required || option.optional) words.push(`${value as string | number}`);
  }
  return shellCommand([...words, "-c", collection, file]);
}
