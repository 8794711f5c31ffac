import { Command } from "commander";
import { interruptSignal } from "./interrupt.ts";
import { placeOf, placeOptions } from "./options/place.ts";
import { refusedByExport } from "./options/refused.ts";
import type { ServerOptions } from "./options/server-options.ts";
import { refuseOptions } from "./options/values.ts";
import { type ExportOptions, exportOptions, exportRequest } from "./transfer/export-request.ts";
import {
  commonOptions,
  type CommonOptions,
  sessionOf,
  tellEnd,
} from "./transfer/transfer-command.ts";
import type { TransferEnd } from "./transfer/transfer-end.ts";

type Options = ExportOptions & CommonOptions & ServerOptions & { from?: string };

/** `docferry export` */
export function exportCommand(): Command {
  const command = new Command("export");
  placeOptions(command, "--from");
  exportOptions(command);
  commonOptions(command);
  refuseOptions(command, refusedByExport);
  command.addHelpText(
    "after",
    `
A job that was stopped goes on when the same command is started again.

Examples:
  docferry export --from sqlite:shop.sqlite -c people --out people.json
  docferry export --from sqlite:shop.sqlite -c people -q '{"age": {"$gt": 30}}' --sort '{"age": -1}' --limit 10
  docferry export --from sqlite:shop.sqlite -c people --type csv -f name,age --out people.csv.gz
  docferry export --server http://127.0.0.1:8787 --env test-4a89da --app-id wx0123 -c people --out people.json`,
  );
  return command.action(runExport);
}

async function runExport(options: Options): Promise<void> {
  const request = exportRequest(options);
  const place = placeOf(options, "--from");
  using interrupt = interruptSignal();
  const session = sessionOf(options, `export ${request.plan.collection}`, interrupt.signal);
  const stdoutTaken = request.output === null;
  const tell = (end: TransferEnd) => tellEnd(end, { ...options, stdoutTaken });
  try {
    if (place.kind === "server") {
      const { exportFromServer } = await import("./server/server-export.ts");
      await exportFromServer(request, place, session, tell);
      return;
    }
    const { exportSolo } = await import("./transfer/solo-export.ts");
    await exportSolo(request, place, session, tell);
  } finally {
    session.display.stop();
  }
}
