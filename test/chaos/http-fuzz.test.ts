import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { fuzzHttp } from "../fuzz/http-fuzz.ts";
import { Random } from "../fuzz/random.ts";

test("made-up requests to all calls find no fault of ours, no hang, and keep no memory, leave nothing open or behind, while jobs run", async (t) => {
  const seed = Number(process.env["DOCFERRY_CHAOS_SEED"] ?? randomInt(2 ** 31));
  t.diagnostic(`seed ${seed}`);
  const { findings, ...done } = await fuzzHttp({
    random: new Random(seed),
    ms: 10_000,
    most: 5,
  });
  t.diagnostic(JSON.stringify(done));
  assert.deepEqual(findings, []);
  assert.ok((done.statuses["200"] ?? 0) > 0);
  assert.ok(done.jobs > 0);
});
