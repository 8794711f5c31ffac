import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { mutate } from "../../test/fuzz/mutate.ts";
import { Random } from "../../test/fuzz/random.ts";
import { seedsOf } from "../../test/fuzz/seeds.ts";
import { ownRules, targets } from "../../test/fuzz/targets.ts";
import { createDecoder } from "./formats.ts";

const folder = fileURLToPath(new URL("../../test/fixtures/fuzz/", import.meta.url));

for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  test(`what a fuzz run once found holds: ${file}`, () => {
    const { target, base64 } = JSON.parse(readFileSync(folder + file, "utf8")) as {
      target: string;
      base64: string;
    };
    const run = targets[target];
    assert.ok(run, `no target ${target}`);
    run(Buffer.from(base64, "base64"));
  });
}

test("100,000 mutated texts are taken and refused as by JSON.parse, but for the listed rules of our own", () => {
  const random = new Random(7);
  const { texts, tokens } = seedsOf("json");
  const check = targets["jsonAgreesWithJsonParse"]!;
  for (let i = 0; i < 100_000; i++) check(mutate(random.pick(texts), tokens, random));
});

for (const [code, text] of Object.entries(ownRules)) {
  test(`a text that JSON.parse takes and we refuse: ${code}`, () => {
    JSON.parse(text);
    const spec = {
      format: "json",
      layout: "sequence",
      fieldNames: "any",
      derivedId: null,
    } as const;
    const decoder = createDecoder(spec, { offset: 0, line: 1 });
    const batch = decoder.push(Buffer.from(text), true);
    assert.deepEqual([batch.count, batch.rejects.map((reject) => reject.code)], [0, [code]]);
  });
}

for (const [name, check] of Object.entries(targets)) {
  if (name === "jsonAgreesWithJsonParse" || name === "doublesComeBack") continue;
  test(`mutated input keeps the promise ${name}`, () => {
    const random = new Random(8);
    const { texts, tokens } = seedsOf(name);
    for (let i = 0; i < 1000; i++) check(mutate(random.pick(texts), tokens, random));
  });
}

test("100,000 doubles of random bits come back, with the fewest digits", () => {
  const random = new Random(9);
  targets["doublesComeBack"]!(
    new Uint8Array(Uint32Array.from({ length: 200_000 }, () => random.next()).buffer),
  );
});
