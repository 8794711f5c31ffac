import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Access } from "../../src/access/access.ts";
import { UsageLimits } from "../../src/access/usage-limits.ts";
import { ServerKey } from "../../src/access/server-key.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";

/** A real store in a file, with its writing thread. */
export function openTestStore(file: string): Promise<SqliteStore> {
  return SqliteStore.open({ file, limits: { total: 1, perEnvironment: 1 } });
}

/** A new folder that is gone at the end. */
export async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "docferry-test-"));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** A clock that stands until somebody moves it. */
export class TestClock {
  now: number;

  constructor(now = Date.UTC(2026, 0, 2, 3, 4, 5)) {
    this.now = now;
  }

  readonly read = (): number => this.now;

  pass(seconds: number): void {
    this.now += seconds * 1000;
  }
}

export const testServerKey = new ServerKey(new Uint8Array(32).fill(7));

/** Access over a real store in a folder of its own; `reopen` is a restart. */
export async function openTestAccess(options: { tokenSeconds?: number } = {}) {
  const clock = new TestClock();
  const folder = await temporaryFolder();
  const file = join(folder.path, "jobs.sqlite");
  let opened = await openTestStore(file);
  const open = async (serverKey: ServerKey) =>
    Access.open({
      store: opened.accounts,
      platforms: opened.platforms,
      limits: await UsageLimits.open({ store: opened.limits, clock: clock.read }),
      serverKey,
      clock: clock.read,
      random: randomBytes,
      tokenSeconds: options.tokenSeconds ?? 7200,
    });
  return {
    clock,
    folder: folder.path,
    file,
    store: () => opened,
    access: await open(testServerKey),
    async reopen(serverKey: ServerKey = testServerKey): Promise<Access> {
      await opened[Symbol.asyncDispose]();
      opened = await openTestStore(file);
      return open(serverKey);
    },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
