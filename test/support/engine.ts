import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pino from "pino";
import { compose } from "../../src/compose.ts";
import { resolveConfig } from "../../src/config.ts";
import { newObjectId } from "../../src/files/object-id.ts";
import type { JobOrder } from "../../src/engine/engine.ts";
import { endedStates, type Job, plainCsv } from "../../src/job/job.ts";
import { afterwards } from "./afterwards.ts";
import { type ObjectStore } from "../../src/files/object-store.ts";
import { type Store } from "../../src/store/store.ts";

type ImportOrder = Extract<JobOrder, { type: "import" }>;

export const environment = "test-4a89da";

/** All parts of a service in this process, without HTTP; ended with the test. */
export async function openEngine(
  t: TestContext,
  folder: string,
  settings: Record<string, unknown> = {},
) {
  const config = resolveConfig({ data: folder, threads: 2, ...settings }, {}, null);
  const parts = await compose(
    config,
    pino({ level: process.env["DOCFERRY_TEST_LOG"] ?? "silent" }),
  );
  parts.engine.start();
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    await using _ = parts;
    await parts.engine.drain();
  };
  afterwards(t, close);

  return {
    ...parts,
    close,
    /** Stores a file as an upload does. */
    put: (name: string, content: string) => putFile(parts, name, content),
    async text(name: string): Promise<string> {
      const file = await parts.store.files.get(environment, name);
      if (!file) throw new Error(`No file ${name}`);
      const pieces: Uint8Array[] = [];
      const { signal } = new AbortController();
      for await (const piece of parts.files.read(
        file.object,
        { from: 0, to: file.size },
        { signal },
      )) {
        pieces.push(piece);
      }
      return Buffer.concat(pieces).toString();
    },
    submit: (order: Parameters<typeof parts.engine.submit>[1]) =>
      parts.engine.submit(environment, order),
    /** The job once it is as wished, or once it has ended. */
    async when(id: number, wished: (job: Job) => boolean): Promise<Job> {
      for (;;) {
        const job = await parts.engine.job(environment, id);
        if (wished(job) || endedStates.has(job.state)) return job;
        await sleep(2);
      }
    },
    ended(id: number): Promise<Job> {
      return this.when(id, (job) => endedStates.has(job.state));
    },
  };
}

/** Stores a file as an upload does. */
export async function putFile(
  { files, store }: { files: ObjectStore; store: Pick<Store, "files"> },
  name: string,
  content: string,
): Promise<void> {
  await using writer = await files.create(newObjectId());
  await writer.write(Buffer.from(content));
  const object = await writer.finish();
  const contentType = "application/octet-stream";
  await store.files.put({ environment, name, object, contentType, now: Date.now() });
}

export function importOrder(changes: Partial<ImportOrder> = {}): ImportOrder {
  return {
    type: "import",
    file: "people.json",
    collection: "people",
    format: "json",
    mode: "insert",
    upsertFields: ["_id"],
    stopOnError: false,
    csv: plainCsv,
    ...changes,
  };
}
