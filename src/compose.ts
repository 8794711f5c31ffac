import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import { Access } from "./access/access.ts";
import { type OperatorKey, openOperatorKey } from "./access/operator-key.ts";
import { UsageLimits } from "./access/usage-limits.ts";
import { openServerKey } from "./access/server-key.ts";
import type { Config } from "./config.ts";
import { type DataPaths, dataPaths } from "./data-folder.ts";
import type { Databases } from "./databases/database.ts";
import { EmbeddedDatabases } from "./databases/embedded/embedded-databases.ts";
import type { EnvironmentFiles } from "./databases/embedded/schema.ts";
import type { EngineSettings } from "./engine/context.ts";
import { Engine } from "./engine/engine.ts";
import { forwardClock } from "./engine/forward-clock.ts";
import type { StepContext } from "./engine/steps/step.ts";
import { ThreadPool } from "./engine/thread-pool.ts";
import { Ballast } from "./files/disk/ballast.ts";
import { DiskObjectStore } from "./files/disk/disk-object-store.ts";
import { type ExternalFile, WithExternalFile } from "./files/external/external-file.ts";
import { type DiskRoom, noRoomKept } from "./files/disk-room.ts";
import type { ObjectStore } from "./files/object-store.ts";
import { WithRoom } from "./files/with-room.ts";
import { RequestRecorder } from "./http/request-recorder.ts";
import type { ReleaseLimits } from "./job/release.ts";
import type { LimitStore } from "./store/limit-store.ts";
import { SqliteStore } from "./store/sqlite/sqlite-store.ts";
import type { Store } from "./store/store.ts";

// The only file that names implementations.

/** An engine and the stores it works on, opened. Disposed in the opposite order. */
export interface EngineComposition extends AsyncDisposable {
  store: Store;
  databases: Databases;
  files: ObjectStore;
  room: DiskRoom;
  engine: Engine;
}

/** All parts of a service. */
export interface Composition extends EngineComposition {
  access: Access;
  /** Keeps requests that failed. */
  recorder: RequestRecorder;
  /** What accounts and environments may use, and what is used. */
  limitStore: LimitStore;
  /** Binds forms of the consent page to browsers. */
  formKey: Uint8Array;
  /** Opens the admin API. */
  operatorKey: OperatorKey;
}

/** What a worker thread needs to compose its own readers. */
export interface ThreadData {
  environments: EnvironmentFiles;
  /** Folder of the objects. */
  objects: string;
  /** One object more, that is read where it stands. */
  external: ExternalFile | null;
}

const chunkBytes = 2 << 20;
const partBytes = 64 << 20;
const dayMs = 86_400_000;

/** A text of a document has 16 MiB at most: what takes longer than this for one backtracks without end. */
const longestRegexMs = 10_000;

/**
 * Tasks that run side by side: enough to keep all threads busy while some wait for a disk. The last one is kept from an
 * environment that has all others: its long jobs would hold up everybody else's short ones until one of them ends.
 */
function limitsFor(threads: number): ReleaseLimits {
  return { total: threads + 2, perEnvironment: threads + 1 };
}

/** Opens the embedded stores of a data folder, which this process has locked, and puts the parts together. */
export async function compose(config: Config, logger: Logger): Promise<Composition> {
  const paths = dataPaths(config.data);
  await using opened = new AsyncDisposableStack();
  // Before anything is opened: on a full disk that takes the room which this one frees.
  const room = await Ballast.open(paths.ballast, config.reserveMib << 20);
  if (room.full) logger.warn({}, "the disk is full");
  const { key: serverKey, warning } = await openServerKey(paths.serverKey, randomBytes);
  const operator = await openOperatorKey(paths.operatorKey, randomBytes);
  for (const text of [warning, operator.warning]) if (text) logger.warn({}, text);
  const parts = await composeEngine({
    threadData: serviceThreadData(paths),
    store: paths.store,
    room,
    threads: config.threads,
    leaseMs: config.leaseSeconds * 1000,
    keepMs: config.keepDays * dayMs,
    garbageMs: config.garbageSeconds * 1000,
    fieldNames: "environment",
    logger,
  });
  opened.use(parts);
  const limits = opened.use(await UsageLimits.open({ store: parts.store.limits, clock: Date.now }));
  const access = await Access.open({
    store: parts.store.accounts,
    platforms: parts.store.platforms,
    limits,
    serverKey,
    clock: Date.now,
    random: randomBytes,
    tokenSeconds: config.tokenSeconds,
  });
  const recorder = opened.use(
    new RequestRecorder({
      records: parts.store.requests,
      tokenOwner: (token) => access.tokenOwner(token),
      isFull: () => parts.room.full,
      clock: Date.now,
      logger,
    }),
  );
  const all = opened.move();
  return {
    ...parts,
    access,
    recorder,
    limitStore: parts.store.limits,
    formKey: serverKey.derive("consent forms"),
    operatorKey: operator.key,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** What a worker thread of a service on this data folder gets. */
export function serviceThreadData(paths: DataPaths): ThreadData {
  return {
    environments: { folder: paths.environments },
    objects: paths.objects,
    external: null,
  };
}

/** A lease only matters where the process lives on without its threads: nobody else waits for the task. */
const soloLeaseMs = 30_000;
const soloGarbageMs = 3_600_000;

/**
 * An engine of a process of its own, for one job straight on a database file. The job, its parts and rejects stand in a
 * state folder; this process has locked both.
 * @throws {DocferryError} `invalid_file`, `newer_schema`
 */
export function composeSolo(options: {
  /** Folder of the job's state. */
  state: string;
  database: { environment: string; file: string };
  external: ExternalFile | null;
  threads: number;
  logger: Logger;
}): Promise<EngineComposition> {
  const paths = dataPaths(options.state);
  return composeEngine({
    threadData: {
      environments: options.database,
      objects: paths.objects,
      external: options.external,
    },
    store: paths.store,
    room: noRoomKept,
    threads: options.threads,
    leaseMs: soloLeaseMs,
    // Whoever runs the job removes all of it once its end is told.
    keepMs: Number.MAX_SAFE_INTEGER,
    garbageMs: soloGarbageMs,
    // Straight on a database any field name goes that BSON can hold.
    fieldNames: "any",
    logger: options.logger,
  });
}

interface EngineParts {
  threadData: ThreadData;
  /** File of the job store. */
  store: string;
  room: DiskRoom;
  threads: number;
  leaseMs: number;
  keepMs: number;
  garbageMs: number;
  fieldNames: EngineSettings["fieldNames"];
  logger: Logger;
}

async function composeEngine(
  parts: EngineParts,
): Promise<EngineComposition & { store: SqliteStore }> {
  const steady = () => performance.now();
  const clock = forwardClock(Date.now, steady);
  await using opened = new AsyncDisposableStack();
  const { room } = parts;
  const { files: objects, databases } = await openData(parts.threadData);
  const files = new WithRoom(objects, room);
  opened.use(databases);
  const pool = opened.use(
    new ThreadPool({
      entry: new URL("./thread.ts", import.meta.url),
      workerData: parts.threadData,
      size: parts.threads,
      regexMs: Math.min(longestRegexMs, parts.leaseMs / 2),
    }),
  );
  const limits = limitsFor(parts.threads);
  const [store] = await allOrNothing(
    SqliteStore.open({
      file: parts.store,
      limits,
      makeRoom: () => room.spend(),
    }).then((made) => opened.use(made)),
    pool.start(),
  );
  // The lock says that whoever held leases is dead: nobody has to wait for them to run out.
  const taken = await store.jobs.takeOver(clock());
  if (taken > 0)
    parts.logger.info({ tasks: taken }, "taking over the tasks of a process that died");
  const engine = new Engine({
    store,
    databases,
    files,
    room,
    pool,
    clock,
    steady,
    log: parts.logger,
    settings: {
      slots: limits.total,
      leaseMs: parts.leaseMs,
      chunkBytes,
      partBytes,
      keepMs: parts.keepMs,
      garbageMs: parts.garbageMs,
      fieldNames: parts.fieldNames,
    },
  });
  const all = opened.move();
  return { store, databases, files, room, engine, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Waits for both however one ends, so that nothing is opened any more once the other has failed. */
async function allOrNothing<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

/** The readers of a worker thread. */
export async function composeThread(data: ThreadData): Promise<Omit<StepContext, "signal">> {
  return openData(data);
}

async function openData(
  data: ThreadData,
): Promise<{ files: ObjectStore; databases: EmbeddedDatabases }> {
  const objects = await DiskObjectStore.open(data.objects);
  return {
    files: data.external ? new WithExternalFile(objects, data.external) : objects,
    databases: await EmbeddedDatabases.open(data.environments),
  };
}
