import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import { Access } from "./access/access.ts";
import { openServerKey } from "./access/server-key.ts";
import type { Config } from "./config.ts";
import { type DataPaths, dataPaths } from "./data-folder.ts";
import type { Databases } from "./databases/database.ts";
import { EmbeddedDatabases } from "./databases/embedded/embedded-databases.ts";
import { Engine } from "./engine/engine.ts";
import type { StepContext } from "./engine/steps/step.ts";
import { ThreadPool } from "./engine/thread-pool.ts";
import { DiskObjectStore } from "./files/disk/disk-object-store.ts";
import type { ObjectStore } from "./files/object-store.ts";
import { SqliteStore } from "./store/sqlite/sqlite-store.ts";
import type { Store } from "./store/store.ts";

// The only file that names implementations.

/** All parts of a service, opened. Disposed in the opposite order. */
export interface Composition extends AsyncDisposable {
  store: Store;
  databases: Databases;
  files: ObjectStore;
  engine: Engine;
  access: Access;
  /** Signs addresses of uploads and downloads. */
  signingKey: Uint8Array;
}

/** What a worker thread needs to compose its own readers. */
export type ThreadData = Pick<DataPaths, "environments" | "objects">;

const chunkBytes = 4 << 20;
const partBytes = 64 << 20;
const dayMs = 86_400_000;

/** Tasks that run side by side: enough to keep all threads busy while some wait for a disk. */
function slotsFor(threads: number): number {
  return threads + 2;
}

/** Opens the embedded stores of a data folder, which this process has locked, and puts the parts together. */
export async function compose(config: Config, logger: Logger): Promise<Composition> {
  const paths = dataPaths(config.data);
  const clock = Date.now;
  await using opened = new AsyncDisposableStack();
  const { key: serverKey, warning } = await openServerKey(paths.serverKey, randomBytes);
  if (warning) logger.warn({}, warning);

  const threadData: ThreadData = { environments: paths.environments, objects: paths.objects };
  const { files, databases } = await openData(threadData);
  opened.use(databases);
  const pool = opened.use(
    new ThreadPool({
      entry: new URL("./thread.ts", import.meta.url),
      workerData: threadData,
      size: config.threads,
    }),
  );
  const slots = slotsFor(config.threads);
  const [store] = await Promise.all([
    SqliteStore.open({ file: paths.store, limits: { total: slots, perEnvironment: slots } }),
    pool.start(),
  ]);
  opened.use(store);
  // The lock says that whoever held leases is dead: nobody has to wait for them to run out.
  const taken = await store.jobs.takeOver(clock());
  if (taken > 0) logger.info({ tasks: taken }, "taking over the tasks of a process that died");

  const access = await Access.open({
    store: store.accounts,
    serverKey,
    clock,
    random: randomBytes,
    tokenSeconds: config.tokenSeconds,
  });
  const engine = new Engine({
    store,
    databases,
    files,
    pool,
    clock,
    log: logger,
    settings: {
      slots,
      leaseMs: config.leaseSeconds * 1000,
      chunkBytes,
      partBytes,
      keepMs: config.keepDays * dayMs,
      garbageMs: 3_600_000,
    },
  });
  const parts = opened.move();
  return {
    store,
    databases,
    files,
    engine,
    access,
    signingKey: serverKey.derive("signed addresses"),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** The readers of a worker thread. */
export async function composeThread(data: ThreadData): Promise<Omit<StepContext, "signal">> {
  return openData(data);
}

async function openData(
  data: ThreadData,
): Promise<{ files: ObjectStore; databases: EmbeddedDatabases }> {
  return {
    files: await DiskObjectStore.open(data.objects),
    databases: await EmbeddedDatabases.open({ folder: data.environments }),
  };
}
