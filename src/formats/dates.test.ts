import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { Random } from "../../test/fuzz/random.ts";
import { decodeSpec } from "../../test/support/csv.ts";
import { array, date, document } from "../../test/support/random-bson.ts";
import type { EncodeSpec, JsonDecodeSpec, JsonEncodeSpec } from "./codec.ts";
import { createDecoder, createEncoder } from "./formats.ts";

// Dates over the whole range of 64 bits; where JavaScript's own go, they are asked.

const seed = Number(process.env["DOCFERRY_TEST_SEED"] ?? randomInt(2 ** 31));
const start = { offset: 0, line: 1 };
const jsonSpec: JsonDecodeSpec = {
  format: "json",
  layout: "sequence",
  fieldNames: "any",
  derivedId: null,
};
const dayMs = 86_400_000;
/** Years have the same days after so many of them: the Gregorian calendar's period. */
const periodYears = 400;
const periodMs = 146_097n * BigInt(dayMs);

/** Random ones of every size, before and after 1970, and those where a form or a calendar begins or ends. */
function datesOf(random: Random, count: number): bigint[] {
  const edges = [
    0n,
    253_402_300_800_000n,
    32_535_215_999_000n,
    -62_167_219_200_000n,
    8_640_000_000_000_000n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    2n ** 31n,
    2n ** 32n,
    2n ** 53n,
  ];
  const near = edges.flatMap((edge) => [-1n, 0n, 1n].map((step) => edge + step));
  const dates = [...near, ...near.map((ms) => -ms)].filter((ms) => BigInt.asIntN(64, ms) === ms);
  while (dates.length < count) {
    const bits = (BigInt(random.next()) << 32n) | BigInt(random.next());
    dates.push(BigInt.asIntN(64, bits) >> BigInt(random.below(64)));
  }
  return dates;
}

test("200,000 dates of all sizes come back from every form", (t) => {
  t.diagnostic(`DOCFERRY_TEST_SEED=${seed}`);
  const dates = datesOf(new Random(seed), 200_000);
  const bytes = document([["v", { type: 4, bytes: array(dates.map(date)) }]]);
  for (const form of ["relaxed", "canonical", "lossless"] as const) {
    const spec: JsonEncodeSpec = { format: "json", form, array: false, pretty: false };
    const { text, retyped } = encoded(spec, bytes);
    assert.equal(retyped, 0);
    const batch = createDecoder(jsonSpec, start).push(text, true);
    assert.ok(Buffer.from(batch.bytes).equals(bytes), form);
  }
  const rows = dates.slice(0, 20_000).map((ms) => document([["v", date(ms)]]));
  const encoder = createEncoder({
    format: "csv",
    header: false,
    columns: ["v"],
    typed: { types: ["date"], whole: true },
  });
  const all = Buffer.concat(rows);
  const starts = Uint32Array.from({ length: rows.length + 1 }, (_, n) => n * rows[0]!.length);
  const text = Uint8Array.from(encoder.encode({ bytes: all, starts, count: rows.length }, true));
  const spec = decodeSpec(["v:date", ":document"], { columnsHaveTypes: true });
  const batch = createDecoder(spec, start).push(text, true);
  assert.deepEqual(batch.rejects, []);
  assert.ok(Buffer.from(batch.bytes).equals(all), "typed CSV");
});

test("texts of every day of the years 0 to 9999, with any time and zone, are the dates of JavaScript", (t) => {
  t.diagnostic(`DOCFERRY_TEST_SEED=${seed}`);
  const random = new Random(seed);
  const [first, last] = [-719_528, 2_932_896];
  for (let from = first; from <= last; from += 50_000) {
    const times: number[] = [];
    const lines: string[] = [];
    for (let day = from; day <= Math.min(last, from + 49_999); day++) {
      const ms = day * dayMs + random.below(dayMs);
      const zone = day === first || day === last ? 0 : random.below(24 * 60) - 12 * 60;
      const local = new Date(ms + zone * 60_000).toISOString().slice(0, -1);
      times.push(ms);
      lines.push(`{"v":{"$date":"${local}${zoneText(zone)}"}}\n`);
    }
    const batch = createDecoder(jsonSpec, start).push(Buffer.from(lines.join("")), true);
    assert.deepEqual(batch.rejects, []);
    const view = new DataView(batch.bytes.buffer, batch.bytes.byteOffset);
    for (const [i, ms] of times.entries()) {
      if (Number(view.getBigInt64(batch.starts[i]! + 7, true)) !== ms) assert.fail(lines[i]);
    }
  }
});

/** @param minutes east of Greenwich */
function zoneText(minutes: number): string {
  if (minutes === 0) return "Z";
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((part) =>
    String(part).padStart(2, "0"),
  );
  return `${minutes < 0 ? "-" : "+"}${hours}:${rest}`;
}

test("plain CSV writes dates as JavaScript's calendar has them, and before its first by the same calendar", (t) => {
  t.diagnostic(`DOCFERRY_TEST_SEED=${seed}`);
  const dates = datesOf(new Random(seed), 20_000).filter((ms) => ms < 32_535_215_999_000n);
  for (const ms of dates) {
    const bytes = document([["v", date(ms)]]);
    const { text } = encoded({ format: "csv", header: false, columns: ["v"] }, bytes);
    // Moved by whole periods into the years that JavaScript has with four digits.
    const periods = ms < 0n ? (-ms + periodMs - 1n) / periodMs : 0n;
    const moved = new Date(Number(ms + periods * periodMs)).toISOString();
    const year = Number(moved.slice(0, 4)) - periodYears * Number(periods);
    const shown = `${year < 0 ? "-" : ""}${String(Math.abs(year)).padStart(4, "0")}`;
    assert.equal(text.toString(), `${shown}${moved.slice(4)}\n`, String(ms));
  }
});

function encoded(spec: EncodeSpec, bytes: Uint8Array): { text: Buffer; retyped: number } {
  const encoder = createEncoder(spec);
  const documents = { bytes, starts: Uint32Array.of(0, bytes.length), count: 1 };
  return { text: Buffer.from(encoder.encode(documents, true)), retyped: encoder.retyped };
}
