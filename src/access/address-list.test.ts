import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressList } from "./address-list.ts";

test("an empty list admits everyone, another one those that stand in it", () => {
  assert.equal(new AddressList([]).admits("203.0.113.9"), true);
  const list = new AddressList([
    "10.0.0.0/8",
    "203.0.113.7",
    "2001:db8::/32",
    "::1",
    "::ffff:192.0.2.1",
  ]);
  const cases: [string, boolean][] = [
    ["10.255.0.1", true],
    ["11.0.0.1", false],
    ["203.0.113.7", true],
    ["203.0.113.8", false],
    ["::ffff:203.0.113.7", true],
    ["::ffff:203.0.113.8", false],
    ["192.0.2.1", true],
    ["2001:db8:1::5", true],
    ["2001:db9::5", false],
    ["::1", true],
    ["::2", false],
    ["fe80::1%eth0", false],
    ["not an address", false],
    ["", false],
  ];
  for (const [client, admitted] of cases) assert.equal(list.admits(client), admitted, client);
});

test("an entry that is no address and no network is refused by name", () => {
  for (const entry of [
    "",
    "x",
    "10.0.0.0/33",
    "::/129",
    "10.0.0",
    "10.0.0.0/",
    "1.2.3.4/8/8",
    "fe80::1%0",
  ]) {
    assert.throws(() => new AddressList(["10.0.0.0/8", entry]), {
      code: "invalid_argument",
      message: new RegExp(JSON.stringify(entry).replaceAll(/[./]/g, "\\$&")),
    });
  }
});
