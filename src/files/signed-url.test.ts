import assert from "node:assert/strict";
import { createSecretKey } from "node:crypto";
import { test } from "node:test";
import { type Download, downloadAddress, readDownloadAddress } from "./signed-url.ts";

const key = createSecretKey(new Uint8Array(32).fill(1));
const expiresAt = 1_800_000_000;
const whileGood = expiresAt * 1000 - 1;
const download: Download = {
  environment: "env-1",
  name: "dir/a b?.json",
  expiresAt,
  saveAs: null,
  sharedWith: null,
};

/** What a client sends for an address. */
function requestLine(address: string): string {
  const { pathname, search } = new URL(address);
  return pathname + search;
}

function read(address: string, now = whileGood, withKey = key) {
  return readDownloadAddress(requestLine(address), () => withKey, now);
}

test("an address gives back what it was made of, up to its last millisecond", () => {
  const saved = { ...download, saveAs: "报告 & more.json" };
  const shared = { ...saved, sharedWith: "wx&1" };
  const names = ["..", "a/"].map((name) => ({ ...download, name }));
  for (const value of [download, saved, shared, ...names]) {
    const address = downloadAddress("https://host:1", value, key);
    assert.deepEqual(read(address), value);
    assert.equal(read(address, whileGood + 1), "expired");
  }
});

test("an address is plain ASCII without a blank", () => {
  const address = downloadAddress("http://h", { ...download, saveAs: "é'\"" }, key);
  assert.match(
    address,
    /^http:\/\/h\/download\/env-1\/dir\/a%20b%3F\.json\?sign=[\w-]{43}&t=1800000000&filename=%C3%A9%27%22$/,
  );
});

test("with any part changed, an address is not signed", () => {
  const value = { ...download, saveAs: "x.json" };
  const address = downloadAddress("http://h", value, key);
  const sign = new URL(address).searchParams.get("sign") ?? "";
  const flipped = (sign.startsWith("A") ? "B" : "A") + sign.slice(1);
  const changed = {
    environment: address.replace("/env-1/", "/env-2/"),
    name: address.replace("/dir/", "/dir2/"),
    "boundary of environment and name": address.replace("/env-1/dir", "/env-1%2Fdir2"),
    expiry: address.replace("t=1800000000", "t=1800000001"),
    "no expiry": address.replace("&t=1800000000", ""),
    "expiry that is no number": address.replace("t=1800000000", "t=1.8e9"),
    "expiry with a zero before": address.replace("t=1800000000", "t=01800000000"),
    "save name": address.replace("filename=x", "filename=y"),
    "no save name": address.replace("&filename=x.json", ""),
    signature: address.replace(sign, flipped),
    "cut signature": address.replace(sign, sign.slice(1)),
    "no signature": address.replace(`sign=${sign}`, "sign="),
    "no query": address.split("?", 1)[0] ?? "",
  };
  assert.deepEqual(read(address), value);
  for (const [part, other] of Object.entries(changed)) {
    assert.equal(read(other), "wrong_signature", part);
  }
  assert.equal(
    read(address, whileGood, createSecretKey(new Uint8Array(32).fill(2))),
    "wrong_signature",
  );
});

test("a signature is no address's secret: another file's does not fit", () => {
  const mine = new URL(downloadAddress("http://h", download, key));
  const other = new URL(downloadAddress("http://h", { ...download, name: "other" }, key));
  mine.searchParams.set("sign", other.searchParams.get("sign") ?? "");
  assert.equal(read(mine.href), "wrong_signature");
});

test("a path that names no file is malformed", () => {
  for (const path of [
    "/download/",
    "/download/env-1",
    "/download/env-1/",
    "/download//a",
    "/x/y",
    "/download/%ff/a",
  ]) {
    assert.equal(
      readDownloadAddress(`${path}?sign=x&t=1`, () => key, 0),
      "malformed",
      path,
    );
  }
});
