import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makeFolder } from "./files/make-folder.ts";
import { asDocferryError, DocferryError } from "./job/errors.ts";

/** Where everything stands in a data folder. */
export interface DataPaths {
  folder: string;
  store: string;
  environments: string;
  objects: string;
  serverKey: string;
  operatorKey: string;
  /** Holds the address of the service that runs on the folder, while one does. */
  address: string;
  /** Room that is kept back, see files/disk-room.ts. */
  ballast: string;
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
    address: join(root, "service.address"),
    ballast: join(root, "ballast"),
  };
}

/**
 * Takes a data folder for this process, and makes it if it is not there.
 * @throws {DocferryError} `data_folder_in_use`; `store_unavailable`, `disk_full` where nothing can be written
 */
export function lockDataFolder(folder: string): Disposable {
  return takeLock(`Data folder ${folder}`, {
    folder,
    lock: join(folder, "lock.sqlite"),
    pid: join(folder, "lock.pid"),
  });
}

/**
 * Takes an environment's file for this process, wherever it stands; in a data folder that means the folder.
 * @throws {DocferryError} `data_folder_in_use`; `store_unavailable`, `disk_full` where nothing can be written
 */
export function lockEnvironmentFile(file: string): Disposable {
  const { folder, environments, store } = dataPaths(join(dirname(file), ".."));
  if (dirname(file) === environments && existsSync(store)) return lockDataFolder(folder);
  return takeLock(`Database ${file}`, {
    folder: dirname(file),
    lock: `${file}.lock`,
    pid: `${file}.pid`,
  });
}

/**
 * The lock is an exclusive transaction on a small database of its own: the system drops it with the process however that
 * ends, so what a killed process left is free at once, and no timestamp has to be believed. Nothing else may open that file
 * in this process: closing any descriptor of it would drop the lock.
 */
function takeLock(what: string, files: { folder: string; lock: string; pid: string }): Disposable {
  let lock: DatabaseSync | undefined;
  try {
    makeFolder(files.folder, 0o700);
    lock = new DatabaseSync(files.lock, { timeout: 0 });
    // Without a journal on the disk, which may have no room for one.
    lock.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE");
    writePid(files.pid);
  } catch (error) {
    lock?.close();
    throw notLocked(what, error, files.pid);
  }
  const held = lock;
  return {
    [Symbol.dispose]() {
      // The lock's own file stays: removed, it would be another one for somebody who has it open already.
      rmSync(files.pid, { force: true });
      held.close();
    },
  };
}

/** SQLITE_BUSY (5) is the other one's lock; anything else is the disk. */
function notLocked(what: string, error: unknown, pidFile: string): DocferryError {
  if ((error as { errcode?: number }).errcode === 5) {
    return new DocferryError(
      "data_folder_in_use",
      `${what} is in use by another docferry${holder(pidFile)}`,
      { cause: error },
    );
  }
  const { code, message } = asDocferryError(error);
  return new DocferryError(
    code === "disk_full" ? code : "store_unavailable",
    `${what} cannot be written: ${message}`,
    { cause: error },
  );
}

/** Says who holds the lock, to whoever is refused: no reason not to start on a full disk. */
function writePid(file: string): void {
  try {
    writeFileSync(file, `${process.pid}\n`);
  } catch (error) {
    if (asDocferryError(error).code !== "disk_full") throw error;
  }
}

function holder(pidFile: string): string {
  try {
    return ` (process ${readFileSync(pidFile, "utf8").trim()})`;
  } catch {
    return "";
  }
}
