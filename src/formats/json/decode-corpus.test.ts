import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseExtendedJson } from "./decode-one.ts";

interface CorpusFile {
  description: string;
  bson_type: string;
  valid?: {
    description: string;
    canonical_bson: string;
    canonical_extjson: string;
    relaxed_extjson?: string;
    degenerate_extjson?: string;
    lossy?: boolean;
  }[];
  parseErrors?: { description: string; string: string }[];
}

const folder = fileURLToPath(new URL("../../../../shared/corpora/bson/", import.meta.url));
const skip = existsSync(folder) ? false : `no BSON corpus at ${folder}`;
const files = skip
  ? []
  : readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .map((name): [string, CorpusFile] => [
        name,
        JSON.parse(readFileSync(folder + name, "utf8")) as CorpusFile,
      ]);

/** Relaxed texts that say less than the BSON: a bare integer reads back as the smallest type that holds it. */
const retyped = new Set(["int64.json -1", "int64.json 0", "int64.json 1"]);

test("the corpus's valid texts become its BSON", { skip }, () => {
  let seen = 0;
  for (const [name, { valid = [] }] of files) {
    for (const sample of valid) {
      // A lossy sample's BSON has what no text can say, such as the payload of a NaN.
      if (sample.lossy) continue;
      const { canonical_bson, canonical_extjson, relaxed_extjson, degenerate_extjson } = sample;
      const where = `${name} ${sample.description}`;
      const texts = [canonical_extjson, degenerate_extjson];
      if (!retyped.has(where)) texts.push(relaxed_extjson);
      for (const text of texts) {
        if (text === undefined) continue;
        const bson = Buffer.from(parseExtendedJson(text)).toString("hex");
        assert.equal(bson, canonical_bson.toLowerCase(), `${where}: ${text}`);
        seen++;
      }
    }
  }
  assert.ok(seen > 900, `${seen} texts`);
});

test("the corpus's wrong texts are refused", { skip }, () => {
  let seen = 0;
  for (const [name, { bson_type, parseErrors = [] }] of files) {
    for (const { description, string } of parseErrors) {
      // The samples of Decimal128 are the bare texts of the numbers.
      const text =
        bson_type === "0x13" ? JSON.stringify({ d: { $numberDecimal: string } }) : string;
      assert.throws(
        () => parseExtendedJson(text),
        { code: "invalid_argument" },
        `${name} ${description}: ${text}`,
      );
      seen++;
    }
  }
  assert.equal(seen, 180);
});
