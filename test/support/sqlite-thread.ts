import type { DatabaseSync } from "node:sqlite";
import { workerData } from "node:worker_threads";
import { DocferryError } from "../../src/job/errors.ts";
import { openWriter } from "../../src/sqlite/open.ts";
import { serveCalls } from "../../src/sqlite/serve-calls.ts";

// A writer thread over a table of numbers, for the tests of the mechanism.

export interface NumbersThread {
  file: string;
  /** Address of the folder of migrations. */
  migrations: string;
}

const calls = {
  /** @returns the numbers that are there then */
  add: (db: DatabaseSync, value: number): number[] => {
    db.prepare("INSERT INTO number VALUES (?)").run(value);
    return db
      .prepare("SELECT value FROM number ORDER BY value")
      .all()
      .map((row) => row["value"] as number);
  },
  addAndFail: (db: DatabaseSync, value: number): never => {
    db.prepare("INSERT INTO number VALUES (?)").run(value);
    throw new DocferryError("conflict", `Not ${value}`);
  },
  /** Ends the transaction of all that are in it, as SQLite does where the disk fails. */
  loseTransaction: (db: DatabaseSync, value: number): never => {
    db.prepare("INSERT INTO number VALUES (?)").run(value);
    db.exec("ROLLBACK");
    throw new Error("The disk is gone");
  },
  size: (_db: DatabaseSync, bytes: Uint8Array): number => bytes.length,
  /** Ends the thread as a fault of ours would. */
  die: (): void => {
    setImmediate(() => {
      throw new Error("Out of luck");
    });
  },
};

const outside = {
  isolated: (db: DatabaseSync, value: number): boolean => {
    const inside = db.isTransaction;
    db.exec("BEGIN");
    db.prepare("INSERT INTO number VALUES (?)").run(value);
    if (value < 0) throw new DocferryError("conflict", `Not ${value}`);
    db.exec("COMMIT");
    return inside;
  },
};

export type NumbersCalls = typeof calls & typeof outside;

const { file, migrations } = workerData as NumbersThread;
const schema = { applicationId: 7, migrations: new URL(migrations) };
serveCalls(openWriter(file, schema, "NORMAL"), calls, outside);
