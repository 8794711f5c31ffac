import { existsSync, readFileSync } from "node:fs";
import type { Command } from "commander";
import { DocferryAdmin } from "#client";
import { resolveConfig } from "../config.ts";
import { dataPaths } from "../data-folder.ts";
import { DocferryError } from "../job/errors.ts";
import { openOffline } from "../service.ts";
import { createLogger } from "../telemetry/logger.ts";
import { CommandError } from "./command-errors.ts";
import { textOption } from "./options/values.ts";

export interface OperatorOptions {
  data?: string;
  json?: true;
}

export function operatorOptions(command: Command): Command {
  return command
    .addOption(textOption("--data <folder>", "the data folder (DOCFERRY_DATA; default: ./data)"))
    .option("--json", "tell it as JSON");
}

/**
 * Gives the admin API of a data folder to some work: that of the service that runs on it, or else one without a socket in
 * this process. Either way what is done takes effect at once.
 * @param work.cancels jobs may have to stop for it
 */
export async function asOperator<T>(
  options: OperatorOptions,
  work: (admin: DocferryAdmin) => Promise<T>,
  { cancels }: { cancels: boolean } = { cancels: false },
): Promise<T> {
  const config = resolveConfig({ data: options.data, threads: "1" }, process.env, null);
  const paths = dataPaths(config.data);
  if (!existsSync(paths.store)) {
    throw new CommandError(
      `There is no data folder ${paths.folder}: docferry serve --data ${config.data} makes one`,
    );
  }
  try {
    await using service = await openOffline(config, createLogger("warn"), { work: cancels });
    return await work(
      new DocferryAdmin({
        server: "http://docferry.invalid",
        operatorKey: readFileSync(paths.operatorKey, "utf8").trim(),
        fetch: service.fetch,
      }),
    );
  } catch (error) {
    if (!(error instanceof DocferryError) || error.code !== "data_folder_in_use") throw error;
    return work(runningAdmin(paths, error));
  }
}

function runningAdmin(
  paths: { address: string; operatorKey: string },
  inUse: DocferryError,
): DocferryAdmin {
  // Whoever holds the folder need not be a service: a command like this one, or an import into one of its files.
  if (!existsSync(paths.address)) throw inUse;
  return new DocferryAdmin({
    server: readFileSync(paths.address, "utf8").trim(),
    operatorKey: readFileSync(paths.operatorKey, "utf8").trim(),
  });
}

export function tellOperator(options: OperatorOptions, value: unknown, text: () => string): void {
  process.stdout.write(options.json ? `${JSON.stringify(value)}\n` : text());
}
