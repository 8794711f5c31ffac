import { EmbeddedDatabases } from "../../src/databases/embedded/embedded-databases.ts";
import { batchOf, type TestRecord } from "./record-batch.ts";

// A process that imports until it is killed: node killed-import.ts <folder> <attempt> <records>

export const killedJob = "c0ffee".padEnd(32, "0");
export const killedBatch = 500;

/** The record at a place of the imported file: every tenth is broken, every seventh a duplicate of the one before. */
export function killedRecord(index: number): TestRecord {
  if (index % 10 === 9) return { reject: "json_syntax" };
  return { _id: index % 7 === 6 ? index - 1 : index, text: "x".repeat(index % 100) };
}

if (process.argv[1] === import.meta.filename) {
  const [folder = "", attempt, total] = process.argv.slice(2);
  const databases = await EmbeddedDatabases.open({ folder });
  const database = await databases.open("killed");
  const sink = await database.openSink({
    jobKey: killedJob,
    task: 0,
    attempt: Number(attempt),
    collection: "items",
    mode: "insert",
    upsertFields: ["_id"],
    seconds: 0,
    stopOnError: false,
    start: { offset: 0, line: 1 },
  });
  let { position } = sink.progress;
  while (position.line <= Number(total)) {
    const first = position.line - 1;
    const records = Array.from({ length: killedBatch }, (_, i) => killedRecord(first + i));
    ({ position } = await sink.write(batchOf(records, first), position));
    process.stdout.write(`${position.line - 1}\n`);
  }
  await databases[Symbol.asyncDispose]();
}
