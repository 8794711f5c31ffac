import assert from "node:assert/strict";
import { test } from "node:test";
import { serialize } from "bson";
import {
  bsonCorpus,
  corpusMissing,
  fromHex,
  type ValidCase,
} from "../../test/support/bson-corpus.ts";
import { decodePieces, decodeSpec, fileStart } from "../../test/support/csv.ts";
import type { Documents } from "../bson/documents.ts";
import type { JsonEncodeSpec, TypedColumns } from "./codec.ts";
import { readHeader } from "./csv/header.ts";
import { TypedColumnCollector } from "./csv/typed-columns.ts";
import { createDecoder, createEncoder } from "./formats.ts";
import { parseExtendedJson } from "./json/decode-one.ts";

// The BSON corpus, all of it, through everything that the codec does. What cannot come back is named here, with the reason:
// each list is compared with what in fact does not come back, so none can be on it that would.

const skip = corpusMissing;

/** A case of the corpus; two have the same description, so the name has its number within the file. */
interface NamedCase extends ValidCase {
  name: string;
  bson: Uint8Array;
}

const cases: NamedCase[] = bsonCorpus().flatMap(({ name, valid = [] }) =>
  valid.map((one, index) => ({
    ...one,
    name: `${name} ${index}: ${one.description}`,
    bson: fromHex(one.canonical_bson),
  })),
);

/** Their text says less than their bytes in every form of Extended JSON: the specification has no word for the rest. */
const beyondExtendedJson: Record<string, string> = {
  "decimal128-1 1: Special - Negative NaN": "every Decimal128 NaN is the text NaN: no sign",
  "decimal128-1 2: Special - Negative NaN": "every Decimal128 NaN is the text NaN: no sign",
  "decimal128-1 3: Special - Canonical SNaN": "every Decimal128 NaN is the text NaN: not signaling",
  "decimal128-1 4: Special - Negative SNaN": "every Decimal128 NaN is the text NaN: not signaling",
  "decimal128-1 5: Special - NaN with a payload":
    "every Decimal128 NaN is the text NaN: no payload",
  "decimal128-1 8: Special - Invalid representation treated as 0":
    "a coefficient of more than 34 digits is 0, and so is its text",
  "decimal128-1 9: Special - Invalid representation treated as -0":
    "a coefficient of more than 34 digits is 0, and so is its text",
  "decimal128-1 10: Special - Invalid representation treated as 0E3":
    "a coefficient of more than 34 digits is 0, and so is its text",
  "double 9: NaN with payload": "every NaN is the text NaN: no payload",
};

/** Relaxed text writes an Int64 as a bare number, which reads back as the smallest type that holds it. */
const smallInt64 = "an Int64 that an Int32 holds reads back as that";
const retypedByRelaxed: Record<string, string> = {
  "int64 2: -1": smallInt64,
  "int64 3: 0": smallInt64,
  "int64 4: 1": smallInt64,
  "multi-type-deprecated 0: All BSON types": smallInt64,
  "multi-type 0: All BSON types": smallInt64,
};

const cannotHold = {
  canonical: beyondExtendedJson,
  lossless: beyondExtendedJson,
  relaxed: { ...beyondExtendedJson, ...retypedByRelaxed },
};

for (const form of ["canonical", "lossless", "relaxed"] as const) {
  const list = cannotHold[form];
  test(
    `BSON, ${form} text, BSON: the same bytes, but for ${Object.keys(list).length} cases`,
    { skip },
    () => {
      const different: string[] = [];
      for (const { name, bson } of cases) {
        const { text, retyped } = textOf(bson, form);
        const { records, rejects } = decodePieces(
          createDecoder(
            { format: "json", layout: "sequence", fieldNames: "any", derivedId: null },
            fileStart,
          ),
          [text],
        );
        assert.deepEqual(rejects, [], name);
        assert.equal(records.length, 1, name);
        const same = records[0]!.bson === hexOf(bson);
        if (!same) different.push(name);
        // Whoever exports it is told.
        assert.equal(retyped, same ? 0 : 1, name);
      }
      assert.equal(cases.length, 728);
      assert.deepEqual(different.sort(), Object.keys(list).sort());
    },
  );
}

for (const as of ["cell", "document"] as const) {
  test(`BSON, a ${as} of typed CSV, BSON: the same bytes, all 728`, { skip }, () => {
    for (const { name, bson } of cases) {
      // As cells: alone, where each value is of its column's type, and among texts, where it tells its own.
      const names = columnsOf([bson]);
      const texts = serialize(Object.fromEntries(names.map((column) => [column, "text"])));
      const groups = as === "cell" ? [[bson], [texts, bson, texts]] : [[bson]];
      for (const group of groups) {
        const { records, rejects } = throughTypedCsv(group, as);
        assert.deepEqual(rejects, [], name);
        assert.deepEqual(
          records.map((record) => record.bson),
          group.map(hexOf),
          name,
        );
      }
    }
    assert.equal(cases.length, 728);
  });
}

// The corpus escapes these two letters, which mongoexport does not; the text is the same.
const unescaped = (json: string): string =>
  json.replaceAll("\\u00e9", "é").replaceAll("\\u2606", "☆");
const withoutBlanks = (json: string): string =>
  json.replaceAll(/"(?:[^"\\]|\\.)*"|\s+/g, (part) => (part.startsWith('"') ? part : ""));

test("BSON becomes the corpus' canonical text, from degenerate BSON as well", { skip }, () => {
  for (const { name, bson, degenerate_bson, canonical_extjson } of cases) {
    const expected = `${unescaped(withoutBlanks(canonical_extjson))}\n`;
    assert.equal(textOf(bson, "canonical").text.toString(), expected, name);
    if (!degenerate_bson) continue;
    assert.equal(textOf(fromHex(degenerate_bson), "canonical").text.toString(), expected, name);
  }
});

test("BSON becomes the corpus' relaxed text where it has one", { skip }, () => {
  let seen = 0;
  for (const { name, bson, relaxed_extjson } of cases) {
    if (relaxed_extjson === undefined) continue;
    assert.equal(
      textOf(bson, "relaxed").text.toString(),
      `${withoutBlanks(relaxed_extjson)}\n`,
      name,
    );
    seen++;
  }
  assert.equal(seen, 26);
});

test("the corpus' texts become its BSON: canonical, relaxed and degenerate ones", { skip }, () => {
  const seen = { canonical: 0, relaxed: 0, degenerate: 0 };
  for (const { name, bson, canonical_extjson, relaxed_extjson, degenerate_extjson } of cases) {
    if (name in beyondExtendedJson) continue;
    const texts = {
      canonical: canonical_extjson,
      relaxed: name in retypedByRelaxed ? undefined : relaxed_extjson,
      degenerate: degenerate_extjson,
    };
    for (const [kind, text] of Object.entries(texts)) {
      if (text === undefined) continue;
      assert.equal(hexOf(parseExtendedJson(text)), hexOf(bson), `${name}: ${text}`);
      seen[kind as keyof typeof seen]++;
    }
  }
  assert.deepEqual(seen, { canonical: 719, relaxed: 22, degenerate: 324 });
});

test("all 180 parse errors are a reject each, and the record behind it is read", { skip }, () => {
  let seen = 0;
  for (const { name, bson_type, parseErrors = [] } of bsonCorpus()) {
    for (const { description, string } of parseErrors) {
      // The samples of Decimal128 are the bare texts of the numbers.
      const text =
        bson_type === "0x13" ? JSON.stringify({ d: { $numberDecimal: string } }) : string;
      const where = `${name} ${description}: ${text}`;
      const decoder = createDecoder(
        { format: "json", layout: "sequence", fieldNames: "any", derivedId: null },
        fileStart,
      );
      const { records, rejects } = decodePieces(decoder, [Buffer.from(`${text}\n{"ok":true}\n`)]);
      assert.equal(rejects.length, 1, where);
      assert.deepEqual([rejects[0]!.offset, rejects[0]!.line], [0, 1], where);
      assert.deepEqual(
        records.map(({ bson }) => bson),
        [hexOf(serialize({ ok: true }))],
        where,
      );
      seen++;
    }
  }
  assert.equal(seen, 180);
});

test(
  "all 75 decode errors are refused where BSON comes in: as a cell of typed CSV",
  { skip },
  () => {
    let seen = 0;
    for (const { name, decodeErrors = [] } of bsonCorpus()) {
      for (const { description, bson } of decodeErrors) {
        // A cell's BSON is a document whose only field, without a name, is the value: here a document that is wrong.
        const wrong = fromHex(bson);
        const cell = Buffer.alloc(4 + 2 + wrong.length + 1);
        cell.writeInt32LE(cell.length, 0);
        cell[4] = 0x03;
        cell.set(wrong, 6);
        const text = `a:json\n"{""$bson"":""${cell.toString("base64")}""}"\n1\n`;
        const { records, rejects } = fromTypedCsv(Buffer.from(text));
        assert.deepEqual(
          rejects.map(({ code, line }) => [code, line]),
          [["csv_type", 2]],
          `${name} ${description}`,
        );
        assert.equal(records.length, 1);
        seen++;
      }
    }
    assert.equal(seen, 75);
  },
);

function textOf(bson: Uint8Array, form: JsonEncodeSpec["form"]): { text: Buffer; retyped: number } {
  const encoder = createEncoder({ format: "json", form, array: false, pretty: false });
  return { text: Buffer.from(encoder.encode(joined([bson]), true)), retyped: encoder.retyped };
}

/** As an export and an import do; as documents: into columns that have none of the fields. */
function throughTypedCsv(documents: Uint8Array[], as: "cell" | "document") {
  const collector = new TypedColumnCollector(null);
  collector.add(joined(documents));
  const whole: { columns: string[]; typed: TypedColumns } =
    as === "cell"
      ? collector.result()
      : { columns: ["another"], typed: { types: ["string"], whole: true } };
  const encoder = createEncoder({ format: "csv", header: true, ...whole });
  const rows = encoder.encode(joined(documents), true);
  assert.equal(encoder.retyped, 0);
  return fromTypedCsv(Buffer.concat([encoder.head, rows]));
}

function fromTypedCsv(file: Buffer) {
  const header = readHeader(file, "csv");
  assert.ok(header);
  const decoder = createDecoder(decodeSpec(header.columns, { columnsHaveTypes: true }), header.end);
  return decodePieces(decoder, [file.subarray(header.end.offset)]);
}

function columnsOf(documents: Uint8Array[]): string[] {
  const collector = new TypedColumnCollector(null);
  collector.add(joined(documents));
  return collector.result().columns;
}

function joined(documents: Uint8Array[]): Documents {
  const starts = new Uint32Array(documents.length + 1);
  for (const [i, bytes] of documents.entries()) starts[i + 1] = starts[i]! + bytes.length;
  return { bytes: Uint8Array.from(Buffer.concat(documents)), starts, count: documents.length };
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
