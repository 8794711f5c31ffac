import pino from "pino";
import { dataPaths } from "../../src/data-folder.ts";
import { serviceThreadData } from "../../src/compose.ts";
import type { Database, Databases, Sink } from "../../src/databases/database.ts";
import { EmbeddedDatabases } from "../../src/databases/embedded/embedded-databases.ts";
import { Engine } from "../../src/engine/engine.ts";
import { ThreadPool } from "../../src/engine/thread-pool.ts";
import { noRoomKept } from "../../src/files/disk-room.ts";
import { DiskObjectStore } from "../../src/files/disk/disk-object-store.ts";
import type { ObjectStore } from "../../src/files/object-store.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { type FaultyThreadData, type ThreadFault, threadFaults } from "./thread-faults.ts";
import { type At, filesWithPoints, reads, withPoints } from "./points.ts";
import { endedStates, type Job } from "../../src/job/job.ts";
import { environment } from "../support/engine.ts";
import { setTimeout as sleep } from "node:timers/promises";

/** The effects of the steps: they run in threads. */
export const threadPoints = ["before", "after"].flatMap((when) =>
  ["files.create", "files.createPiece", "files.join", "writer.write", "writer.finish"].map(
    (effect) => `${when} thread.${effect}`,
  ),
);

/** An engine on a folder whose effects have points. Its own stores are there too, without points. */
export interface FaultyEngine extends AsyncDisposable {
  engine: Engine;
  store: SqliteStore;
  databases: Databases;
  files: ObjectStore;
  /** As if every lease had run out. */
  loseLeases: () => Promise<void>;
  /** The wall clock is set forward; the time that passes is not. */
  stepClock: (ms: number) => void;
  /** As if nobody had to wait for a retry. */
  releaseDue: () => Promise<void>;
  armThreads: (point: string, how: ThreadFault) => void;
  /** The process is gone: nothing of it reaches a store any more. */
  crash: () => Promise<void>;
}

/** @param leaseMs too long to run out by itself, unless said otherwise */
export async function openFaultyEngine(
  folder: string,
  at: At,
  leaseMs = 60_000,
): Promise<FaultyEngine> {
  const paths = dataPaths(folder);
  const state = { dead: false, skewMs: 0 };
  const clock = () => Date.now() + state.skewMs;
  const control = new Int32Array(new SharedArrayBuffer(12)).fill(-1);
  const data: FaultyThreadData = {
    thread: serviceThreadData(paths),
    points: threadPoints,
    control,
  };
  const pool = new ThreadPool({
    entry: new URL("./faulty-thread.ts", import.meta.url),
    workerData: data,
    size: 3,
    regexMs: 10_000,
  });
  const slots = 6;
  const files = await DiskObjectStore.open(paths.objects);
  const databases = await EmbeddedDatabases.open(data.thread.environments);
  const [store] = await Promise.all([
    SqliteStore.open({ file: paths.store, limits: { total: slots, perEnvironment: slots } }),
    pool.start(),
  ]);
  await store.jobs.takeOver(clock());
  const alive: At = async (point) => {
    if (!state.dead) await at(point);
    if (state.dead) throw new Error("The process is gone");
  };
  const engine = new Engine({
    store: {
      jobs: withPoints("jobs", store.jobs, { reads: reads.jobs, at: alive }),
      touch: () => store.touch(),
      requests: withPoints("requests", store.requests, { reads: reads.requests, at: alive }),
      files: withPoints("index", store.files, { reads: reads.index, at: alive }),
      [Symbol.asyncDispose]: async () => undefined,
    },
    databases: databasesWithPoints(databases, alive),
    files: filesWithPoints(files, { at: alive }),
    room: noRoomKept,
    pool,
    clock,
    steady: () => performance.now(),
    log: pino({ level: process.env["DOCFERRY_TEST_LOG"] ?? "silent" }),
    settings: {
      slots,
      leaseMs,
      chunkBytes: 400,
      partBytes: 600,
      keepMs: 86_400_000,
      garbageMs: 86_400_000,
      fieldNames: "environment",
    },
  });
  engine.start();
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    await engine.drain();
    await pool[Symbol.asyncDispose]();
    await databases[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  };
  return {
    engine,
    store,
    databases,
    files,
    loseLeases: async () => {
      state.skewMs += leaseMs + 1;
      await store.jobs.sweep(clock());
    },
    stepClock: (ms) => {
      state.skewMs += ms;
    },
    releaseDue: async () => {
      state.skewMs += 1_000;
      await store.jobs.sweep(clock());
    },
    armThreads: (point, how) => {
      Atomics.store(control, 1, threadFaults.indexOf(how));
      Atomics.store(control, 0, threadPoints.indexOf(point));
    },
    crash: () => {
      state.dead = true;
      return close();
    },
    [Symbol.asyncDispose]: close,
  };
}

/** A job once it has ended. */
export async function endOf({ engine }: FaultyEngine, id: number): Promise<Job> {
  for (;;) {
    const job = await engine.job(environment, id);
    if (endedStates.has(job.state)) return job;
    await sleep(2);
  }
}

function databasesWithPoints(databases: Databases, at: At): Databases {
  return withPoints("databases", databases, {
    reads: reads.databases,
    at,
    made: (method, result) =>
      method === "open" ? databaseWithPoints(result as Database, at) : result,
  });
}

function databaseWithPoints(database: Database, at: At): Database {
  return withPoints("database", database, {
    reads: reads.database,
    at,
    made: (method, result) =>
      method === "openSink"
        ? withPoints("sink", result as Sink, { reads: reads.sink, at })
        : result,
  });
}
