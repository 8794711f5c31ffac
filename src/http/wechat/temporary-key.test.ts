import assert from "node:assert/strict";
import { test } from "node:test";
import { cloudCaller } from "../../../test/support/cloud-api.ts";
import { openTestApp } from "../../../test/support/wechat.ts";

test("the key that it gives signs calls of the Cloud API until it ends", async () => {
  await using opened = await openTestApp();
  const { ask, clock } = opened;
  const caller = await cloudCaller(opened);
  const { errcode, errmsg, ...key } = await ask("/tcb/getqcloudtoken", { lifespan: 60 });
  assert.deepEqual([errcode, errmsg], [0, "ok"]);
  assert.equal(key["expired_time"], Math.floor(clock.now / 1000) + 60);
  const signing = {
    secretId: String(key["secretid"]),
    secretKey: String(key["secretkey"]),
    token: String(key["token"]),
  };
  const answer = await caller.ask("DescribeEnvs", {}, signing);
  assert.equal(answer["Total"], 1);
  clock.pass(60);
  const late = await caller.ask("DescribeEnvs", {}, signing);
  assert.equal(late.Error?.Code, "AuthFailure.TokenFailure");
});

test("its life is 1 to 7200 seconds", async () => {
  await using opened = await openTestApp();
  const errcode = async (body: object) => (await opened.ask("/tcb/getqcloudtoken", body)).errcode;
  assert.equal(await errcode({}), 40101);
  for (const lifespan of [0, -1, 7201, 1.5, "x"]) assert.equal(await errcode({ lifespan }), 40097);
  for (const lifespan of [1, 7200, "7200"]) assert.equal(await errcode({ lifespan }), 0);
});

test("the log has none of its secrets", async () => {
  await using opened = await openTestApp();
  const key = await opened.ask("/tcb/getqcloudtoken", { lifespan: 60 });
  const caller = await cloudCaller(opened);
  const { secretkey, secretid, token } = key as unknown as Record<string, string>;
  await caller.ask(
    "DescribeEnvs",
    {},
    { secretId: secretid!, secretKey: secretkey!, token: token! },
  );
  const log = opened.log.join("");
  for (const secret of [secretkey, token]) assert.ok(!log.includes(secret ?? assert.fail()));
});
