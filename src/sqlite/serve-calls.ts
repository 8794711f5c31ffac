import type { DatabaseSync } from "node:sqlite";
import { parentPort, receiveMessageOnPort } from "node:worker_threads";
import { type ErrorData, toErrorData } from "../job/errors.ts";

/**
 * What a writer thread can do: each function runs inside a transaction on the writing connection, synchronously, and
 * what it returns is sent once that is committed.
 */
// The argument's type is each function's own; `any` lets a table mix them.
// oxlint-disable-next-line typescript/no-explicit-any
export type Calls = Record<string, (db: DatabaseSync, argument: any) => unknown>;

export interface CallRequest {
  /** 0 asks the thread to close its file and end. */
  id: number;
  /** null asks for an answer only. */
  name: string | null;
  argument: unknown;
}

export interface CallReply {
  id: number;
  result?: unknown;
  error?: ErrorData;
}

/** How many waiting calls share one commit, at most. */
const groupLimit = 200;

/**
 * Answers the calls of a `SqliteWriter`; the main function of its thread. Calls that wait together share one commit, each
 * behind a savepoint of its own: a call that throws takes back its own work only, and one sync of the disk pays for all.
 * @param outside calls that begin and end their transactions themselves; each runs alone.
 */
export function serveCalls(db: DatabaseSync, calls: Calls, outside: Calls = {}): void {
  const port = parentPort;
  if (!port) throw new Error("serveCalls runs in a worker thread");
  port.on("message", (first: CallRequest) => {
    let request: CallRequest | undefined = first;
    while (request) {
      const group: CallRequest[] = [];
      let alone: CallRequest | undefined;
      while (request && group.length < groupLimit) {
        if (request.id === 0 || request.name === null || Object.hasOwn(outside, request.name)) {
          alone = request;
          break;
        }
        group.push(request);
        request = receiveMessageOnPort(port)?.message as CallRequest | undefined;
      }
      if (group.length > 0) {
        for (const reply of runGroup(db, calls, group)) port.postMessage(reply);
      }
      if (alone) {
        if (alone.id === 0) {
          db.close();
          port.close();
          return;
        }
        port.postMessage(runAlone(db, outside, alone));
        request = receiveMessageOnPort(port)?.message as CallRequest | undefined;
      }
    }
  });
}

function runGroup(db: DatabaseSync, calls: Calls, group: CallRequest[]): CallReply[] {
  try {
    db.exec("BEGIN IMMEDIATE");
    const replies = group.map((request) => runInSavepoint(db, calls, request));
    db.exec("COMMIT");
    return replies;
  } catch (thrown) {
    // The commit failed (a full disk, mostly): nothing of the group is there, so each of its calls has failed.
    if (db.isTransaction) db.exec("ROLLBACK");
    const error = toErrorData(thrown);
    return group.map(({ id }) => ({ id, error }));
  }
}

function runInSavepoint(db: DatabaseSync, calls: Calls, request: CallRequest): CallReply {
  db.exec("SAVEPOINT call");
  try {
    const result = callOf(calls, request)(db, request.argument);
    db.exec("RELEASE call");
    return { id: request.id, result };
  } catch (thrown) {
    // After an error of the disk SQLite has already rolled back everything: then the whole group has failed.
    if (!db.isTransaction) throw thrown;
    db.exec("ROLLBACK TO call; RELEASE call");
    return { id: request.id, error: toErrorData(thrown) };
  }
}

function runAlone(db: DatabaseSync, outside: Calls, request: CallRequest): CallReply {
  if (request.name === null) return { id: request.id };
  try {
    return { id: request.id, result: callOf(outside, request)(db, request.argument) };
  } catch (thrown) {
    if (db.isTransaction) db.exec("ROLLBACK");
    return { id: request.id, error: toErrorData(thrown) };
  }
}

function callOf(calls: Calls, request: CallRequest): Calls[string] {
  const call = Object.hasOwn(calls, request.name ?? "") ? calls[request.name ?? ""] : undefined;
  if (!call) throw new Error(`No call ${request.name}`);
  return call;
}
