import assert from "node:assert/strict";
import { test } from "node:test";
import { progressDisplay } from "./progress-display.ts";
import { progressLine, type ProgressView } from "./progress-line.ts";
import { columnsOf } from "./words.ts";

const view: ProgressView = {
  phase: "running",
  records: 1_234_567,
  rejects: 3,
  bytes: 42_000_000,
  totalBytes: 100_000_000,
  totalRecords: null,
  stalled: null,
};
const speed = { recordsPerSecond: 50_000, bytesPerSecond: 2_000_000 };
const plain = { color: false };

test("a wide terminal shows all there is", () => {
  assert.equal(
    progressLine("import people.json", view, speed, { ...plain, width: 160 }),
    "import people.json  [#############.................]  42%  1,234,567 records  3 failed  50,000/s  42 MB of 100 MB  0:29 left  running",
  );
});

test("a narrow terminal loses the least important first, and no line is too long for it", () => {
  const at = (width: number) =>
    progressLine("import people.json", view, speed, { ...plain, width });
  assert.equal(at(60), "[#####.......]  42%  1,234,567 records  3 failed  0:29 left");
  assert.equal(at(30), "42%  1,234,567 records");
  assert.equal(at(10), "42%");
  assert.equal(at(3), "42");
  for (let width = 1; width <= 170; width++) {
    assert.ok(at(width).length < Math.max(2, width), `${width} columns`);
  }
});

test("wide characters count twice", () => {
  for (let width = 10; width <= 120; width++) {
    const line = progressLine("导入 张三.json", view, speed, { ...plain, width });
    assert.ok(columnsOf(line) < width, `${width} columns: ${line}`);
  }
});

test("an export knows its end by records, or not at all", () => {
  const exported = { ...view, rejects: 0, totalBytes: null, totalRecords: 2_469_134 };
  assert.match(progressLine("x", exported, speed, { ...plain, width: 160 }), /50% .* 0:25 left/);
  const open = { ...exported, totalRecords: null };
  const line = progressLine("x", open, speed, { ...plain, width: 160 });
  assert.equal(line, "x  1,234,567 records  50,000/s  42 MB  running");
});

test("a job that cannot go on says why before all else", () => {
  const stalled = { ...view, stalled: "disk full" };
  assert.match(progressLine("x", stalled, speed, { ...plain, width: 30 }), /waiting: disk full/);
});

test("colour is there only where it is wanted", () => {
  const line = (color: boolean) => progressLine("x", view, speed, { color, width: 160 });
  assert.ok(line(true).includes("\u001b["));
  assert.ok(!line(false).includes("\u001b["));
});

/** A stream that remembers, and a clock that is moved. */
function stage(stream: { isTTY?: boolean; columns?: number }, quiet = false) {
  const written: string[] = [];
  let now = 0;
  const target = { ...stream, write: (text: string) => written.push(text) };
  const display = progressDisplay("x", {
    stream: target,
    quiet,
    environment: { NO_COLOR: "1" },
    clock: () => now,
  });
  return { written, target, display, pass: (ms: number) => (now += ms) };
}

test("on a terminal one line is drawn over and over, in its present width", () => {
  const { written, target, display, pass } = stage({ isTTY: true, columns: 100 });
  display.update(view);
  display.update(view);
  assert.equal(written.length, 1, "not more often than anybody can see");
  pass(100);
  target.columns = 30;
  display.update(view);
  assert.ok(written[1]?.startsWith("\r\u001b[2K"));
  assert.ok((written[1]?.length ?? 0) <= 5 + 29);
  display.note("hello");
  assert.equal(written[2], "\r\u001b[2Khello\n");
  display.stop();
  assert.equal(written.at(-1), "\r\u001b[2K");
});

test("elsewhere a line comes every few seconds, without any escape", () => {
  const { written, display, pass } = stage({});
  for (let i = 0; i < 100; i++) {
    display.update(view);
    pass(100);
  }
  assert.equal(written.length, 3);
  assert.match(written.join(""), /^(x .*records.*\n){3}$/);
  assert.ok(!written.join("").includes("\u001b"));
});

test("quiet shows nothing at all", () => {
  const { written, display, pass } = stage({ isTTY: true }, true);
  display.update(view);
  pass(10_000);
  display.update(view);
  display.note("hello");
  display.stop();
  assert.deepEqual(written, []);
});
