import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { test } from "node:test";
import { select, type Selection } from "./conditional.ts";

const modifiedAt = Date.UTC(2026, 0, 2, 3, 4, 5) + 678;
const file = { etag: '"abc"', modifiedAt, size: 1000 };
const at = new Date(modifiedAt).toUTCString();
const before = new Date(modifiedAt - 1000).toUTCString();
const whole: Selection = { status: 200, from: 0, to: 1000 };

function cases(table: [IncomingHttpHeaders, Selection][], of = file): void {
  for (const [headers, selection] of table) {
    assert.deepEqual(select(headers, of), selection, JSON.stringify(headers));
  }
}

test("one range selects its bytes, as far as there are any", () => {
  cases([
    [{}, whole],
    [{ range: "bytes=0-0" }, { status: 206, from: 0, to: 1 }],
    [{ range: "bytes=0-999" }, { status: 206, from: 0, to: 1000 }],
    [{ range: "bytes=10-19" }, { status: 206, from: 10, to: 20 }],
    [{ range: "bytes=990-5000" }, { status: 206, from: 990, to: 1000 }],
    [{ range: "bytes=999-" }, { status: 206, from: 999, to: 1000 }],
    [{ range: "bytes=-1" }, { status: 206, from: 999, to: 1000 }],
    [{ range: "bytes=-5000" }, { status: 206, from: 0, to: 1000 }],
    [{ range: "Bytes = 1 - 2" }, { status: 206, from: 1, to: 3 }],
    [{ range: "bytes=1000-" }, { status: 416 }],
    [{ range: "bytes=99999999999999999999-" }, { status: 416 }],
    [{ range: "bytes=-0" }, { status: 416 }],
  ]);
});

test("a range that cannot be read, or more than one, is as none", () => {
  for (const range of [
    "bytes=5-4",
    "bytes=-",
    "bytes=a-b",
    "bytes=1-2,4-5",
    "lines=1-2",
    "bytes 1-2",
    "",
  ]) {
    cases([[{ range }, whole]]);
  }
});

test("of an empty file there is no range", () => {
  const empty = { ...file, size: 0 };
  cases(
    [
      [{}, { status: 200, from: 0, to: 0 }],
      [{ range: "bytes=0-" }, { status: 416 }],
      [{ range: "bytes=-1" }, { status: 416 }],
    ],
    empty,
  );
});

test("a range asked of another state of the file gives the whole", () => {
  const range = "bytes=1-2";
  const part: Selection = { status: 206, from: 1, to: 3 };
  cases([
    [{ range, "if-range": '"abc"' }, part],
    [{ range, "if-range": '"other"' }, whole],
    [{ range, "if-range": 'W/"abc"' }, whole],
    [{ range, "if-range": at }, part],
    [{ range, "if-range": before }, whole],
    [{ range, "if-range": "nonsense" }, whole],
    [{ range: "bytes=5000-", "if-range": '"other"' }, whole],
  ]);
});

test("what the client has already is not sent again", () => {
  cases([
    [{ "if-none-match": '"abc"' }, { status: 304 }],
    [{ "if-none-match": 'W/"abc"' }, { status: 304 }],
    [{ "if-none-match": '"x", "abc"' }, { status: 304 }],
    [{ "if-none-match": "*" }, { status: 304 }],
    [{ "if-none-match": '"x"' }, whole],
    [{ "if-none-match": '"x"', "if-modified-since": at }, whole],
    [{ "if-modified-since": at }, { status: 304 }],
    [{ "if-modified-since": before }, whole],
    [{ "if-modified-since": "nonsense" }, whole],
    [{ "if-none-match": '"abc"', range: "bytes=5000-" }, { status: 304 }],
  ]);
});

test("what must hold and does not is refused first", () => {
  cases([
    [{ "if-match": '"abc"' }, whole],
    [{ "if-match": "*" }, whole],
    [{ "if-match": 'W/"abc"' }, { status: 412 }],
    [{ "if-match": '"x"', "if-none-match": '"abc"' }, { status: 412 }],
    [{ "if-unmodified-since": at }, whole],
    [{ "if-unmodified-since": before }, { status: 412 }],
    [{ "if-match": '"abc"', "if-unmodified-since": before }, whole],
  ]);
});
