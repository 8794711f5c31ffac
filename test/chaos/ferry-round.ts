import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { NativeJob } from "../../src/http/native/job-view.ts";
import type { KilledService } from "./killed-service.ts";

/** What a round brings in: inserts with rejects of two kinds, then upserts over half of them, and all of it out again. */
export interface RoundInput {
  inserts: { content: string; records: number; rejects: string[] };
  upserts: { content: string; records: number; rejects: string[] };
}

export function roundInput(records: number): RoundInput {
  const inserts: string[] = [];
  const insertRejects: string[] = [];
  const upserts: string[] = [];
  const upsertRejects: string[] = [];
  for (let n = 0; n < records; n++) {
    const text = `"text":"${"x".repeat(n % 90)}","score":${(n * 7919) % 10_007}.5`;
    if (n % 500 === 250) insertRejects.push(`{"_id":${n},"broken":`);
    else if (n % 500 === 350) insertRejects.push(`{"_id":${n - 1},"twice":true}`);
    inserts.push(
      n % 500 === 250 || n % 500 === 350
        ? (insertRejects.at(-1) as string)
        : `{"_id":${n},${text}}`,
    );
    if (n % 2 === 0) continue;
    const bad = n % 1000 === 501;
    if (bad) upsertRejects.push(`[${n}]`);
    upserts.push(bad ? `[${n}]` : `{"_id":${n + records / 2},"second":true,${text}}`);
  }
  const fileOf = (lines: string[]) => `${lines.join("\n")}\n`;
  return {
    inserts: { content: fileOf(inserts), records: inserts.length, rejects: insertRejects },
    upserts: { content: fileOf(upserts), records: upserts.length, rejects: upsertRejects },
  };
}

export interface RoundResult {
  /** SHA-256 of the exported file, hex. */
  exported: string;
  /** As they ended. */
  jobs: NativeJob[];
}

/** Uploads, imports, upserts and exports once; checks what is promised of each. */
export async function ferryRound(
  service: KilledService,
  name: string,
  input: RoundInput,
): Promise<RoundResult> {
  const jobs: NativeJob[] = [];
  for (const [mode, { content, records, rejects }] of [
    ["insert", input.inserts],
    ["upsert", input.upserts],
  ] as const) {
    const file = `${name}-${mode}.json`;
    service.enter("upload");
    const put = await service.send("PUT", `files/${file}`, { body: content });
    assert.ok(put.status === 200 || put.status === 201, put.bytes.toString());
    service.enter("import");
    const job = await runJob(service, `${name}-${mode}`, {
      type: "import",
      file,
      collection: name,
      format: "json",
      mode,
    });
    assert.equal(job.state, "succeeded", JSON.stringify(job));
    assert.deepEqual([job.progress.records, job.progress.rejects], [records, rejects.length], mode);
    await assertRejects(service, job, rejects);
    jobs.push(job);
  }
  service.enter("export");
  const job = await runJob(service, `${name}-export`, {
    type: "export",
    file: `${name}-out.json`,
    collection: name,
    format: "json",
  });
  assert.equal(job.state, "succeeded", JSON.stringify(job));
  jobs.push(job);
  const { status, bytes } = await service.send("GET", `files/${name}-out.json`);
  assert.equal(status, 200);
  assert.equal(job.progress.records, bytes.toString().split("\n").length - 1);
  return { exported: createHash("sha256").update(bytes).digest("hex"), jobs };
}

/** Submits once, however often a kill makes it ask again, and watches the job to its end. */
async function runJob(service: KilledService, key: string, order: object): Promise<NativeJob> {
  const submitted = await service.send("POST", "jobs", {
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify(order),
  });
  assert.ok(submitted.status === 200 || submitted.status === 201, submitted.bytes.toString());
  let job = parsed(submitted.bytes);
  while (job.ended === null) {
    await sleep(20);
    const next = parsed((await service.send("GET", `jobs/${job.id}`)).bytes);
    if (job.type === "import") {
      assert.ok(next.progress.records >= job.progress.records, "records went back");
      assert.ok(next.progress.rejects >= job.progress.rejects, "rejects went back");
    }
    job = next;
  }
  return job;
}

/** Each record that failed comes back once, and as it was. */
async function assertRejects(
  service: KilledService,
  job: NativeJob,
  expected: string[],
): Promise<void> {
  const list = await service.send("GET", `jobs/${job.id}/rejects`);
  const raws = list.bytes
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { raw: string }).raw);
  assert.deepEqual(raws, expected);
  const file = await service.send("GET", `jobs/${job.id}/rejects/file`);
  assert.equal(file.bytes.toString(), `${expected.join("\n")}\n`);
}

export async function jobNow(service: KilledService, id: number): Promise<NativeJob> {
  return parsed((await service.send("GET", `jobs/${id}`)).bytes);
}

function parsed(bytes: Buffer): NativeJob {
  return JSON.parse(bytes.toString()) as NativeJob;
}
