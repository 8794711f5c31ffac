import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CollectionTable } from "../src/databases/embedded/collection-table.ts";
import { KeyedRecords } from "../src/databases/embedded/keyed-records.ts";
import type { SinkSpec } from "../src/databases/database.ts";
import { openEnvironmentWriter } from "../src/databases/embedded/schema.ts";
import type { JsonDecodeSpec } from "../src/formats/codec.ts";
import { createDecoder } from "../src/formats/formats.ts";
import { type IdOrder, writeRecords } from "./support/records.ts";
import { ServiceProcess } from "./support/service-process.ts";

// How fast is an import, from submit to success, beside a plain loop of node:sqlite that inserts the same ready BSON into the
// same tables? And an export beside a plain loop that reads the documents?
//
//     node bench/transfer.ts [records]

const records = Number(process.argv[2] ?? 1_000_000);
const decodeSpec: JsonDecodeSpec = {
  format: "json",
  layout: "sequence",
  fieldNames: "environment",
  derivedId: { seconds: 1_700_000_000, jobKey: "abcdef" },
};
const pieceBytes = 5_000_000;
const sinkSpec: SinkSpec = {
  jobKey: "abcdef".padEnd(32, "0"),
  task: 0,
  attempt: 1,
  collection: "records",
  mode: "insert",
  upsertFields: ["_id"],
  seconds: 1_700_000_000,
  stopOnError: false,
  start: { offset: 0, line: 1 },
};

const folder = await mkdtemp(join(tmpdir(), "docferry-bench-"));
try {
  console.log(`${records} JSON Lines of about 250 bytes. Rates in records a second; floor 50 %, goal 80 %.
_id       | import | plain  | ratio | CPU s, plain's | export | plain  | ratio | CPU s, plain's
----------|--------|--------|-------|----------------|--------|--------|-------|---------------`);
  for (const order of ["none", "ascending", "random"] as const) console.log(await row(order));
} finally {
  await rm(folder, { recursive: true });
}

interface Spent {
  /** Wall clock. */
  seconds: number;
  cpu: number;
}

async function row(order: IdOrder): Promise<string> {
  const file = join(folder, "records.json");
  await writeRecords(file, { records, order });
  const plainImport = await plainInserts(file);
  const data = join(folder, "data");
  const { imported, exported } = await throughService(file, data);
  const plainExport = plainReads(join(data, "environments", "bench-1.sqlite"));
  await rm(data, { recursive: true });
  const cells = (ours: Spent, plain: Spent) => [
    rate(ours),
    rate(plain),
    `${((100 * plain.seconds) / ours.seconds).toFixed(0)} %`.padStart(5),
    `${ours.cpu.toFixed(1)}, ${plain.cpu.toFixed(1)}`.padStart(14),
  ];
  return [order.padEnd(9), ...cells(imported, plainImport), ...cells(exported, plainExport)].join(
    " | ",
  );
}

function rate({ seconds }: Spent): string {
  return (records / seconds).toFixed(0).padStart(6);
}

async function throughService(
  file: string,
  data: string,
): Promise<{ imported: Spent; exported: Spent }> {
  await using service = await ServiceProcess.start(data);
  await service.upload("records.json", file);
  const job = async (submit: () => Promise<number>): Promise<Spent> => {
    const begun = performance.now();
    const cpu = service.cpuSeconds();
    const { record_success: done } = await service.succeeded(await submit());
    if (done !== records) throw new Error(`${done} of ${records} records`);
    return { seconds: (performance.now() - begun) / 1000, cpu: service.cpuSeconds() - cpu };
  };
  return {
    imported: await job(() => service.submitImport("records.json", "records")),
    exported: await job(() => service.submitExport("out.json", "records")),
  };
}

/** Some 20,000 documents a transaction, in the order of the file; that they and their keys are made is not counted. */
async function plainInserts(file: string): Promise<Spent> {
  const path = join(folder, "plain.sqlite");
  const db = openEnvironmentWriter(path);
  CollectionTable.create(db, 1);
  const insert = db.prepare("INSERT INTO c1 (key, document) VALUES (?, ?)");
  const spent = { seconds: 0, cpu: 0 };
  const decoder = createDecoder(decodeSpec, { offset: 0, line: 1 });
  await using input = await open(file);
  const { size } = await input.stat();
  for (let from = 0; from < size; from += pieceBytes) {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, size - from));
    await input.read(piece, 0, piece.length, from);
    using batch = new KeyedRecords(decoder.push(piece, from + piece.length === size), sinkSpec);
    const { count } = batch.batch;
    const keys = Array.from({ length: count }, (_, i) => batch.key(i));
    const documents = Array.from({ length: count }, (_, i) => batch.document(i));
    add(spent, () => {
      db.exec("BEGIN");
      for (let i = 0; i < count; i++) insert.run(keys[i]!, documents[i]!);
      db.exec("COMMIT");
    });
  }
  db.close();
  for (const end of ["", "-wal", "-shm"]) await rm(`${path}${end}`, { force: true });
  return spent;
}

/** All documents by key. */
function plainReads(file: string): Spent {
  using db = new DatabaseSync(file, { readOnly: true });
  const number = db.prepare("SELECT number FROM collection WHERE name = 'records'").get()?.[
    "number"
  ];
  const read = db.prepare(`SELECT document FROM c${String(number)} ORDER BY key`);
  read.setReturnArrays(true);
  const spent = { seconds: 0, cpu: 0 };
  add(spent, () => {
    let count = 0;
    for (const _ of read.iterate()) count++;
    if (count !== records) throw new Error(`${count} of ${records} documents`);
  });
  return spent;
}

function add(spent: Spent, work: () => void): void {
  const begun = performance.now();
  const cpu = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(cpu);
  spent.seconds += (performance.now() - begun) / 1000;
  spent.cpu += (user + system) / 1e6;
}
