import assert from "node:assert/strict";
import { test } from "node:test";
import { compileGoLayout } from "./date-layout-go.ts";
import { goLayoutOfMs } from "./date-layout-ms.ts";
import { goLayoutOfOracle } from "./date-layout-oracle.ts";

/** Layout, text, and what Go 1.24's time.Parse made of it, in milliseconds. */
const go: [string, string, number | null][] = [
  ["2006-01-02", "2020-03-04", 1583280000000],
  ["2006-01-02", "2020-3-4", null],
  ["2006-01-02", "2020-02-30", null],
  ["2006-1-2", "2020-03-04", 1583280000000],
  ["2006-1-2", "2020-3-4", 1583280000000],
  ["2006-01-02T15:04:05Z07:00", "2020-03-04T05:06:07Z", 1583298367000],
  ["2006-01-02T15:04:05Z07:00", "2020-03-04T05:06:07.6789+08:00", 1583269567678],
  ["2006-01-02T15:04:05Z07:00", "2020-03-04T05:06:07-0100", null],
  ["2006-01-02 15:04:05", "2020-03-04 05:06:07,25", 1583298367250],
  ["2006-01-02 15:04:05.000", "2020-03-04 05:06:07.25", null],
  ["2006-01-02 15:04:05.000", "2020-03-04 05:06:07.250", 1583298367250],
  ["2006-01-02 15:04:05.999", "2020-03-04 05:06:07", 1583298367000],
  ["2006-01-02 15:04:05.999", "2020-03-04 05:06:07.123456", 1583298367123],
  ["Jan _2 2006", "FEB  3 2021", 1612310400000],
  ["Jan _2 2006", "Feb 13 2021", 1613174400000],
  ["January 2, 2006", "march 9, 1969", -25747200000],
  ["Mon Jan 2 15:04:05 MST 2006", "Tue Mar 4 05:06:07 CET 2020", 1583298367000],
  ["Mon Jan 2 15:04:05 MST 2006", "Tue Mar 4 05:06:07 GMT+3 2020", 1583298367000],
  ["02/01/06 03:04 PM", "05/06/69 12:30 AM", -18142200000],
  ["02/01/06 03:04 PM", "05/06/68 01:30 PM", 3106128600000],
  ["3:04pm", "11:59pm", -62167132860000],
  ["3:04pm", "11:59PM", null],
  ["2006-002", "2020-060", 1582934400000],
  ["2006-002", "2021-366", null],
  ["2006 __2", "2020   9", 1578528000000],
  ["", "", -62167219200000],
  ["", "x", null],
  ["2006", "0000", -62167219200000],
  ["2006", "99", null],
  ["2006-01-02", "2020-03-04 ", null],
  ["2006-01-02 -07", "2020-03-04 -05", 1583298000000],
  ["2006-01-02 -0700", "2020-03-04 +2430", 1583191800000],
  ["2006-01-02 -07:00:00", "2020-03-04 +01:00:30", 1583276370000],
  ["15:04", "24:00", null],
  ["15:04", "23:60", null],
  ["Monday", "Sunday", -62167219200000],
  ["Monday", "Sun", null],
  ["2006_01_02", "2020_03_04", 1583280000000],
  ["_2006", "_2020", 1577836800000],
  ["2006.01.02", "2020.03.04", 1583280000000],
  ["Janx 2", "Janx 2", -62167132800000],
  ["2006-01-02 MST", "2020-01-01 ABCDE", null],
  ["2006-01-02 MST", "2020-01-01 +03", 1577836800000],
  ["2006-01-02  15", "2020-01-01 7", 1577862000000],
  ["2006-01-02 Z0700", "2020-01-01 Z", 1577836800000],
  ["20060102150405", "20200304050607", 1583298367000],
];

test("a Go layout reads what Go's time.Parse reads", () => {
  for (const [layout, text, expected] of go) {
    assert.equal(compileGoLayout(layout)(text), expected, `${layout} of ${text}`);
  }
});

test("a layout of SQL Server is read in Go's words", () => {
  assert.equal(goLayoutOfMs("yyyy-MM-dd HH:mm:ss"), "2006-01-02 15:04:05");
  assert.equal(
    goLayoutOfMs("dddd ddd d M MMM MMMM h tt yy zz zzz"),
    "Monday Mon 2 1 Jan January 3 PM 06 -07 -07:00",
  );
  const read = compileGoLayout(goLayoutOfMs("ddd d MMM yyyy h:mm tt"));
  assert.equal(read("Wed 4 Mar 2020 5:06 PM"), Date.UTC(2020, 2, 4, 17, 6));
});

test("what SQL Server's layouts have and Go's have not stays literal text", () => {
  const read = compileGoLayout(goLayoutOfMs("yyyy fff"));
  assert.equal(read("2020 123"), null);
  assert.equal(read("2020 fff"), Date.UTC(2020, 0, 1));
});

test("a layout of Oracle is read in Go's words, in any case", () => {
  assert.equal(goLayoutOfOracle("YYYY-MM-DD HH24:MI:SS"), "2006-01-02 15:04:05");
  assert.equal(goLayoutOfOracle("dd-mon-yy hh12:mi AM"), "02-Jan-06 03:04 PM");
  assert.equal(goLayoutOfOracle("DAY DY MONTH TZH:TZM TZD"), "Monday Mon January -07:00 MST");
  const read = compileGoLayout(goLayoutOfOracle("DD-MON-YYYY HH24:MI:SS TZH:TZM"));
  assert.equal(read("04-mar-2020 05:06:07 +02:00"), Date.UTC(2020, 2, 4, 3, 6, 7));
});
