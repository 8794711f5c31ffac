import { randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { documentAt } from "../src/bson/documents.ts";
import { CollectionTable } from "../src/databases/embedded/collection-table.ts";
import { EmbeddedDatabases } from "../src/databases/embedded/embedded-databases.ts";
import { openEnvironmentWriter } from "../src/databases/embedded/schema.ts";
import type { RecordBatch } from "../src/job/record-batch.ts";

// How many ready documents a second does the embedded database take, beside a plain loop of node:sqlite that inserts the
// same rows into the same tables in this process, and how many does it give back?
//
//     node bench/embedded-inserts.ts [documents] [bytes of each]

const total = Number(process.argv[2] ?? 1_000_000);
const size = Number(process.argv[3] ?? 250);
const batchSize = 20_000;
const empty = Uint8Array.of(5, 0, 0, 0, 0);

for (const order of ["ascending", "random"] as const) {
  const plain = await inFolder((folder) => plainInserts(folder, order));
  const sink = await inFolder((folder) => sinkInserts(folder, order));
  print(`${order} ObjectIds`, { plain, sink, ratio: Math.round((100 * sink) / plain) / 100 });
}

async function plainInserts(folder: string, order: Order): Promise<number> {
  const db = openEnvironmentWriter(join(folder, "plain.sqlite"));
  CollectionTable.create(db, 1);
  const insert = db.prepare("INSERT INTO c1 (key, document) VALUES (?, ?)");
  let spent = 0;
  for (let first = 0; first < total; first += batchSize) {
    const batch = makeBatch(first, order);
    const begun = performance.now();
    db.exec("BEGIN");
    for (let i = 0; i < batchSize; i++) {
      const document = documentAt(batch, i);
      insert.run(document.subarray(9, 21), document);
    }
    db.exec("COMMIT");
    spent += performance.now() - begun;
  }
  db.close();
  return perSecond(spent);
}

async function sinkInserts(folder: string, order: Order): Promise<number> {
  await using databases = await EmbeddedDatabases.open({ folder });
  const database = await databases.open("bench");
  await using sink = await database.openSink({
    jobKey: "0".repeat(32),
    task: 0,
    attempt: 1,
    collection: "bench",
    mode: "insert",
    upsertFields: ["_id"],
    seconds: 0,
    stopOnError: false,
    start: { offset: 0, line: 1 },
  });
  let { position } = sink.progress;
  let spent = 0;
  for (let first = 0; first < total; first += batchSize) {
    const batch = makeBatch(first, order);
    const begun = performance.now();
    ({ position } = await sink.write(batch, position));
    spent += performance.now() - begun;
  }
  const begun = performance.now();
  let read = 0;
  const plan = {
    collection: "bench",
    filter: empty,
    projection: null,
    sort: [],
    skip: 0,
    limit: null,
  };
  const options = { after: null, signal: new AbortController().signal };
  for await (const page of database.read(plan, { from: null, to: null }, options))
    read += page.count;
  print(`${order}, read back by key`, {
    documents: read,
    perSecond: perSecond(performance.now() - begun),
  });
  return perSecond(spent);
}

type Order = "ascending" | "random";

/** Documents `{_id: ObjectId, text: "xx…"}`. */
function makeBatch(first: number, order: Order): RecordBatch {
  const bytes = new Uint8Array(batchSize * size).fill(0x78);
  const view = new DataView(bytes.buffer);
  const random = randomFillSync(new Uint8Array(12 * batchSize));
  for (let i = 0; i < batchSize; i++) {
    const at = i * size;
    view.setInt32(at, size, true);
    bytes.set([0x07, 0x5f, 0x69, 0x64, 0x00], at + 4);
    if (order === "random") bytes.set(random.subarray(12 * i, 12 * i + 12), at + 9);
    else view.setBigUint64(at + 13, BigInt(first + i));
    bytes.set([0x02, 0x74, 0x65, 0x78, 0x74, 0x00], at + 21);
    view.setInt32(at + 27, size - 32, true);
    bytes[at + size - 2] = 0;
    bytes[at + size - 1] = 0;
  }
  return {
    bytes,
    starts: Uint32Array.from({ length: batchSize + 1 }, (_, i) => i * size),
    offsets: Float64Array.from({ length: batchSize }, (_, i) => (first + i) * 300),
    lengths: new Uint32Array(batchSize).fill(299),
    lines: Float64Array.from({ length: batchSize }, (_, i) => first + i + 1),
    count: batchSize,
    rejects: [],
    end: { offset: (first + batchSize) * 300, line: first + batchSize + 1 },
  };
}

async function inFolder(work: (folder: string) => Promise<number>): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "docferry-bench-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function perSecond(milliseconds: number): number {
  return Math.round((1000 * total) / milliseconds);
}

function print(what: string, values: Record<string, number>): void {
  process.stdout.write(`${what}: ${JSON.stringify(values)}\n`);
}
