import type { Databases } from "../databases/database.ts";
import type { DecodeSpec } from "../formats/codec.ts";
import type { DiskRoom } from "../files/disk-room.ts";
import type { ObjectStore } from "../files/object-store.ts";
import type { Store } from "../store/store.ts";
import type { ThreadPool } from "./thread-pool.ts";

/** What an engine logs with: the shape of pino's logger. */
export interface EngineLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the engine works with. */
export interface EngineContext {
  store: Store;
  databases: Databases;
  files: ObjectStore;
  room: DiskRoom;
  pool: ThreadPool;
  /** Unix ms. */
  clock: () => number;
  /** Ms that have passed, from any beginning: steps of the wall clock are not in it. */
  steady: () => number;
  log: EngineLog;
  settings: EngineSettings;
}

export interface EngineSettings {
  /** Tasks that this process runs side by side. */
  slots: number;
  /** A task whose attempt shows no progress for this long goes to another attempt. */
  leaseMs: number;
  /** Bytes of a file that are decoded as one chunk, about. */
  chunkBytes: number;
  /** Bytes at which a part of an export is finished, about. */
  partBytes: number;
  /** Rejects, reports and progress of a job stand this long after its end. */
  keepMs: number;
  /** Objects that nothing needs are removed once they are this old: younger ones may be in the making. */
  garbageMs: number;
  /** Which field names an import takes: those of an environment, or any (see formats/codec.ts). */
  fieldNames: DecodeSpec["fieldNames"];
}
