import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Access } from "../../src/access/access.ts";
import { ServerKey } from "../../src/access/server-key.ts";
import { openReader } from "../../src/sqlite/open.ts";
import { SqliteWriter } from "../../src/sqlite/writer.ts";
import { type AccountCalls, SqliteAccountStore } from "../../src/store/sqlite/accounts.ts";

export const accountSchema = {
  applicationId: 0x64666a73,
  migrations: new URL("../../src/store/sqlite/migrations/", import.meta.url),
};

/** A real account store in a file, with its writing thread. */
export async function openAccountStore(file: string) {
  const writer = await SqliteWriter.start<AccountCalls>(
    new URL("account-thread.ts", import.meta.url),
    { file },
    "accounts",
  );
  const reader = openReader(file);
  return {
    store: new SqliteAccountStore({ writer, reader }),
    async [Symbol.asyncDispose]() {
      reader.close();
      await writer[Symbol.asyncDispose]();
    },
  };
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
  let opened = await openAccountStore(file);
  const open = (serverKey: ServerKey) =>
    Access.open({
      store: opened.store,
      serverKey,
      clock: clock.read,
      random: randomBytes,
      tokenSeconds: options.tokenSeconds ?? 7200,
    });
  return {
    clock,
    file,
    access: await open(testServerKey),
    async reopen(serverKey: ServerKey = testServerKey): Promise<Access> {
      await opened[Symbol.asyncDispose]();
      opened = await openAccountStore(file);
      return open(serverKey);
    },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
