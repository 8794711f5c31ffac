import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStatement } from "../../src/query/statement.ts";
import { importOrder, openEngine } from "../support/engine.ts";
import { tempFolder } from "../support/temp-folder.ts";

const lines = [
  '{"_id":1,"name":"Ada","at":{"$date":"2020-01-02T03:04:05Z"},"n":{"$numberLong":"5"}}',
  '{"n":1.0,"_id":"two","name":null,"tags":["a",{"b":[]}]}',
  '{"_id":{"$oid":"0123456789abcdef01234567"},"name":"","a.b":{"$numberDecimal":"1.10"}}',
  '{"_id":4,"name":"=1+1","n":9007199254740993,"bin":{"$binary":{"base64":"AQI=","subType":"80"}}}',
];

test("a typed CSV brings a collection back with the same digest", async (t) => {
  const engine = await openEngine(t, await tempFolder(t));
  await engine.put("people.json", lines.join("\n"));
  await engine.ended((await engine.submit(importOrder())).id);
  const csv = {
    type: "export",
    file: "out.csv",
    query: parseStatement("db.collection('people').get()", 0),
    format: { format: "csv", columns: null, header: true, typed: true },
  } as const;
  const out = await engine.ended((await engine.submit(csv)).id);
  assert.equal(out.state, "succeeded", JSON.stringify(out.error));
  assert.equal(out.result?.retyped, 0);
  assert.equal(out.result?.formulas, 1);
  const header = (await engine.text("out.csv")).split("\n")[0];
  assert.equal(
    header,
    '_id:int32,name:string,at:date,n:int64,bin:binary,tags:json,"""a.b"":decimal",:document',
  );

  const order = importOrder({ file: "out.csv", format: "csv", collection: "again" });
  const back = await engine.ended(
    (await engine.submit({ ...order, csv: { ...order.csv, columnsHaveTypes: true } })).id,
  );
  assert.equal(back.state, "succeeded", JSON.stringify(back.error));
  assert.equal(back.progress.counts.inserted, lines.length);
  const again = await engine.ended(
    (await engine.submit({ ...csv, query: parseStatement("db.collection('again').get()", 0) })).id,
  );
  assert.equal(again.result?.digest, out.result?.digest);
  assert.ok(out.result?.digest);
});

test("a typed CSV of a list of fields has these, with their types", async (t) => {
  const engine = await openEngine(t, await tempFolder(t));
  await engine.put("people.json", lines.join("\n"));
  await engine.ended((await engine.submit(importOrder())).id);
  const { id } = await engine.submit({
    type: "export",
    file: "out.csv",
    query: parseStatement("db.collection('people').where({_id: _.lt(3)}).get()", 0),
    format: { format: "csv", columns: ["name", "_id"], header: true, typed: true },
  });
  assert.equal((await engine.ended(id)).state, "succeeded");
  assert.equal(await engine.text("out.csv"), "name:string,_id:int32\nAda,1\n");
});

test("an import reads what MongoDB's shell writes where it is told to", async (t) => {
  const engine = await openEngine(t, await tempFolder(t));
  await engine.put("people.json", "{_id: 1, at: ISODate('1970-01-01T00:00:00Z')}\n{_id: oops}\n");
  const { id } = await engine.submit(importOrder({ legacy: true }));
  const { counts } = (await engine.ended(id)).progress;
  assert.deepEqual([counts.inserted, counts.rejected], [1, 1]);
  const out = await engine.submit({
    type: "export",
    file: "out.json",
    query: parseStatement("db.collection('people').get()", 0),
    format: { format: "json", form: "relaxed", array: false, pretty: false },
  });
  assert.equal((await engine.ended(out.id)).state, "succeeded");
  assert.equal(await engine.text("out.json"), '{"_id":1,"at":{"$date":"1970-01-01T00:00:00Z"}}\n');
});
