import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DocferryError } from "./job/errors.ts";

/** Where everything stands in a data folder. */
export interface DataPaths {
  folder: string;
  store: string;
  environments: string;
  objects: string;
  serverKey: string;
  operatorKey: string;
}

export function dataPaths(folder: string): DataPaths {
  const root = resolve(folder);
  return {
    folder: root,
    store: join(root, "store.sqlite"),
    environments: join(root, "environments"),
    objects: join(root, "files"),
    serverKey: join(root, "server.key"),
    operatorKey: join(root, "operator.key"),
  };
}

/**
 * Takes a data folder for this process, and makes it if it is not there.
 * @throws {DocferryError} `data_folder_in_use`
 */
export function lockDataFolder(folder: string): Disposable {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return takeLock(
    { lock: join(folder, "lock.sqlite"), pid: join(folder, "lock.pid") },
    `Data folder ${folder} is in use by another docferry`,
  );
}

/**
 * Takes an environment's file for this process, wherever it stands; in a data folder that means the folder.
 * @throws {DocferryError} `data_folder_in_use`
 */
export function lockEnvironmentFile(file: string): Disposable {
  const { folder, environments, store } = dataPaths(join(dirname(file), ".."));
  if (dirname(file) === environments && existsSync(store)) return lockDataFolder(folder);
  mkdirSync(dirname(file), { recursive: true });
  return takeLock(
    { lock: `${file}.lock`, pid: `${file}.pid` },
    `Database ${file} is in use by another docferry`,
  );
}

/**
 * The lock is an exclusive transaction on a small database of its own: the system drops it with the process however that
 * ends, so what a killed process left is free at once, and no timestamp has to be believed. Nothing else may open that file
 * in this process: closing any descriptor of it would drop the lock.
 */
function takeLock(files: { lock: string; pid: string }, taken: string): Disposable {
  const lock = new DatabaseSync(files.lock, { timeout: 0 });
  try {
    lock.exec("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    throw new DocferryError("data_folder_in_use", `${taken}${holder(files.pid)}`, { cause: error });
  }
  writeFileSync(files.pid, `${process.pid}\n`);
  return { [Symbol.dispose]: () => lock.close() };
}

function holder(pidFile: string): string {
  try {
    return ` (process ${readFileSync(pidFile, "utf8").trim()})`;
  } catch {
    return "";
  }
}
