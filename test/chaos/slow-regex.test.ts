import assert from "node:assert/strict";
import { test } from "node:test";
import { serialize } from "bson";
import { planFromParts } from "../../src/query/parts.ts";
import { environment, importOrder, openEngine } from "../support/engine.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("a regular expression that never ends fails its job at the first try, and stops nobody else", async (t) => {
  const engine = await openEngine(t, await tempFolder(t), { leaseSeconds: 2 });
  await engine.put("people.json", `{"_id":1,"text":"${"a".repeat(60)}b"}\n{"_id":2,"text":"aa"}\n`);
  await engine.ended((await engine.submit(importOrder())).id);
  const exportOf = (pattern: string, format: "json" | "csv") =>
    engine.submit({
      type: "export",
      file: `out.${format}`,
      query: planFromParts({
        collection: "people",
        filter: serialize({ text: { $regex: pattern } }),
      }),
      format:
        format === "json"
          ? { format, form: "relaxed", array: false, pretty: false }
          : { format, columns: null, header: true },
    });
  // Both threads are taken: while the query is read for its columns, and while it is exported.
  const slow = [await exportOf("(a+)+$", "json"), await exportOf("(a+)+$", "csv")];
  const quick = await exportOf("^a+$", "json");
  for (const { id } of slow) {
    const { state, error } = await engine.ended(id);
    assert.equal(state, "failed");
    assert.deepEqual(error, {
      code: "query_too_slow",
      message: "A regular expression of the query has not come through one text within 1 s",
    });
  }
  assert.equal((await engine.ended(quick.id)).state, "succeeded");
  assert.equal(await engine.text("out.json"), '{"_id":2,"text":"aa"}\n');
  assert.equal(await engine.store.files.get(environment, "out.csv"), undefined);
});
