import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestService } from "../support/service.ts";
import { Ferryman, type HeavyImport, repeated } from "./heavy-import.ts";

// Files that are nothing but trouble: each gets a clear answer, and the service answers everybody else meanwhile.

const mib = 1024 * 1024;
const good = '{"_id":1}\n';

/** More than a service may have by then, whatever the file: threads, caches and batches have their sizes, files have not. */
const mostMib = 1_000;
/** A look at a job waits for no import; what a slow machine adds is not ours. */
const slowestMs = 5_000;

interface Case {
  name: string;
  content: string | Uint8Array | (() => Iterable<Uint8Array>);
  order?: object;
  /** Records that get in, and the codes of those that do not. */
  inserted: number;
  rejects: Record<string, number>;
  error?: string;
}

const csv = { format: "csv", csv: { header: true } };
/** Invalid UTF-8 wherever bytes may stand: a key, a text, an _id, between tokens, a whole line. */
const broken = [
  '{"k@":1}',
  '{"a":"@"}',
  '{"_id":"@"}',
  '{"a":{"b":["@"]}}',
  '{"a":1@}',
  '{"a":1}@',
  "@",
  '{"$oid@":1}',
].flatMap((line) => [Buffer.from(line.replace("@", "\u00ff"), "latin1"), Buffer.from("\n")]);
const wide = Array.from({ length: 17 }, (_, n) => `"f${n}":"${"x".repeat(mib)}"`).join(",");

const cases: Case[] = [
  {
    name: "a line of 20 MB",
    content: `${good}{"_id":2,"text":"${"x".repeat(20_000_000)}"}\n{"_id":3}\n`,
    inserted: 2,
    rejects: { too_large: 1 },
  },
  {
    name: "a document over 16 MiB",
    content: `${good}{"_id":2,${wide}}\n{"_id":3}\n`,
    inserted: 2,
    rejects: { too_large: 1 },
  },
  {
    name: "100,000 opening brackets",
    content: `${good}${"[".repeat(100_000)}\n{"_id":3}\n`,
    inserted: 2,
    rejects: { not_an_object: 1 },
  },
  {
    name: "100,000 opening braces",
    content: `${good}${'{"a":'.repeat(100_000)}\n{"_id":3}\n`,
    inserted: 2,
    rejects: { too_deep: 1 },
  },
  {
    name: "NUL in keys, written and escaped",
    content: `${good}{"a\\u0000b":1}\n{"a\0b":1}\n{"c":{"\\u0000":1}}\n{"_id":3}\n`,
    inserted: 2,
    rejects: { nul_byte: 2, json_syntax: 1 },
  },
  {
    name: "invalid UTF-8 in every place",
    content: Buffer.concat([Buffer.from(good), ...broken, Buffer.from('{"_id":3}\n')]),
    // What stands behind a whole record is a reject of its own.
    inserted: 3,
    rejects: { invalid_utf8: 5, json_syntax: 3 },
  },
  {
    name: "invalid UTF-8 in cells of a CSV",
    content: Buffer.from('a,b\n1,\xff\n"\xff",2\n3,"\xe4\xbd"\n4,5\n', "latin1"),
    order: csv,
    inserted: 1,
    rejects: { invalid_utf8: 3 },
  },
  {
    name: "invalid UTF-8 in the header of a CSV",
    content: Buffer.from("a,\xff\n1,2\n", "latin1"),
    order: csv,
    inserted: 0,
    rejects: {},
    error: "invalid_file",
  },
  {
    // Of more than one batch: the end is missing once.
    name: "an array of 400 kB without its end",
    content: `[${Array.from({ length: 6_000 }, (_, n) => `{"_id":${n},"text":"${"x".repeat(45)}"}`).join(",\n")}`,
    inserted: 6_000,
    rejects: { json_unfinished: 1 },
  },
  { name: "an empty file", content: "", inserted: 0, rejects: {} },
  {
    name: "an empty CSV file",
    content: "",
    order: csv,
    inserted: 0,
    rejects: {},
    error: "invalid_file",
  },
  {
    name: "200,000 rejects and nothing else",
    content: () => repeated("{oops}\n", 200_000 * 7),
    inserted: 0,
    rejects: { json_syntax: 200_000 },
  },
  {
    name: "a CSV whose quote never ends, 16 MB of it",
    content: () => [
      Buffer.from('a,b\n1,2\n3,"'),
      ...repeated(`never, ${"ever ".repeat(200)}\n`, 16 * mib),
    ],
    order: csv,
    inserted: 16_645,
    rejects: { csv_quote: 1 },
  },
  {
    // The service unpacks nothing.
    name: "a gzip bomb, which is bytes like any other",
    content: gzipSync(Buffer.alloc(64 * mib)),
    inserted: 0,
    rejects: { json_syntax: 2 },
  },
];

describe("bad input", () => {
  let folder = "";
  let ferryman: Ferryman;
  const cleanups: (() => unknown)[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "docferry-input-"));
    const cleanup: Pick<TestContext, "after"> = {
      after: (end) => void cleanups.push(end as () => unknown),
    };
    const flags = ["--log-level", "warn", "--threads", "2"];
    ferryman = await Ferryman.of(await TestService.start(cleanup, join(folder, "data"), { flags }));
  });
  after(async () => {
    for (const end of cleanups) await end();
    await rm(folder, { recursive: true });
  });

  for (const { name, content, order, inserted, rejects, error } of cases) {
    test(`${name} gets a clear answer and stops nobody`, async (t) => {
      const bytes = typeof content === "function" ? content() : content;
      const done = await ferryman.heavyImport(folder, bytes, {
        collection: `c${cases.findIndex((each) => each.name === name)}`,
        format: "json",
        ...order,
      });
      const { job, ...cost } = done;
      t.diagnostic(JSON.stringify(cost));
      assert.equal(job.state, error === undefined ? "succeeded" : "failed", JSON.stringify(job));
      assert.equal(job.error?.code, error);
      assert.deepEqual(await codesOf(ferryman, done), rejects);
      assert.equal(job.result?.inserted ?? 0, inserted, JSON.stringify(job));
      assert.ok(cost.peakMib < mostMib, `${cost.peakMib} MiB`);
      assert.ok(cost.slowestMs < slowestMs, `${cost.slowestMs} ms`);
    });
  }
});

async function codesOf(ferryman: Ferryman, { job }: HeavyImport): Promise<Record<string, number>> {
  const codes: Record<string, number> = {};
  if (job.progress.rejects === 0) return codes;
  const text = await (await ferryman.send("GET", `jobs/${job.id}/rejects`)).text();
  for (const line of text.trimEnd().split("\n")) {
    const { code } = JSON.parse(line) as { code: string };
    codes[code] = (codes[code] ?? 0) + 1;
  }
  return codes;
}
