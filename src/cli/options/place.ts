import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import { UsageError } from "../command-errors.ts";
import { textOption } from "./values.ts";
import { type ServerOptions, serverOf, serverOptions, type ServerPlace } from "./server-options.ts";

/** Where documents go to or come from. */
export type Place = { kind: "sqlite"; file: string; shown: string } | ServerPlace;

/** `--to` or `--from`, beside the options of a server. */
export function placeOptions(command: Command, flag: "--to" | "--from"): void {
  serverOptions(command);
  const direction = flag === "--to" ? "straight into" : "straight out of";
  command.addOption(
    textOption(
      `${flag} <database>`,
      `${direction} a database file, without a service: sqlite:FILE`,
    ),
  );
}

/** @throws {UsageError} where none or both are given, or it is no database */
export function placeOf(
  options: ServerOptions & { to?: string; from?: string },
  flag: "--to" | "--from",
): Place {
  const database = flag === "--to" ? options.to : options.from;
  if (database !== undefined && options.server !== undefined) {
    throw new UsageError(
      `${flag} and --server exclude each other: a service has its own databases`,
    );
  }
  if (database !== undefined) return databasePlace(database, flag);
  const server = serverOf(options);
  if (server) return server;
  throw new UsageError(
    `Say ${flag === "--to" ? "where to" : "where from"}: ${flag} sqlite:FILE, or --server URL with --env ID`,
  );
}

function databasePlace(text: string, flag: string): Place {
  const [, scheme, rest] = /^([A-Za-z][A-Za-z0-9+]*):(.*)$/s.exec(text) ?? [];
  if (scheme === "mongodb" || scheme === "mongodb+srv") {
    throw new UsageError(
      `${flag} ${scheme}: is not there yet: this version reads and writes sqlite:FILE`,
    );
  }
  if (scheme !== "sqlite") throw new UsageError(`${flag} must be sqlite:FILE, not ${text}`);
  if (!rest) throw new UsageError(`${flag} sqlite: names no file`);
  const file = realFile(resolve(rest));
  return { kind: "sqlite", file, shown: rest };
}

/** Two names of one file are one database, with one lock. */
function realFile(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    try {
      return join(realpathSync(dirname(file)), basename(file));
    } catch {
      return file;
    }
  }
}
