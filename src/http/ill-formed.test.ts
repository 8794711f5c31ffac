import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestApp } from "../../test/support/wechat.ts";
import { findIllFormed } from "./ill-formed.ts";

test("the place of half a surrogate pair is found at any depth", () => {
  assert.equal(findIllFormed({ a: ["x", { b: "\ud800" }] }), "a[1].b");
  assert.equal(findIllFormed("\udc00x"), "");
  assert.equal(findIllFormed({ a: ["\ud83d\ude00", 1, null, true] }), null);
  const deep = JSON.parse(`${"[".repeat(100_000)}"\\ud800"${"]".repeat(100_000)}`) as unknown;
  assert.match(findIllFormed(deep) ?? "", /^\[0\]\[0\].*…$/);
});

test("a vendor's call refuses a field that is nested without end as it refuses any wrong one", async () => {
  await using opened = await openTestApp();
  const body = `{"env":${"[".repeat(200_000)}${"]".repeat(200_000)},"path":"x"}`;
  const answer = await opened.call(`/tcb/uploadfile?access_token=${opened.token}`, body);
  assert.equal(answer.errcode, 40097, answer.errmsg);
});
