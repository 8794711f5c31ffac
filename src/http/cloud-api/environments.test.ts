import assert from "node:assert/strict";
import { test } from "node:test";
import { cloudCaller } from "../../../test/support/cloud-api.ts";
import { openTestApp } from "../../../test/support/wechat.ts";

test("an app's environments are told with those that a platform shares with it, and no other's", async () => {
  await using opened = await openTestApp();
  const { access, accounts } = opened;
  const caller = await cloudCaller(opened);
  const list = async (body: object = {}) => {
    const { EnvList, Total } = await caller.ask("DescribeEnvs", body);
    const ids = (EnvList as { EnvId: string }[]).map(({ EnvId }) => EnvId);
    assert.equal(Total, ids.length);
    return ids;
  };
  await access.platforms.add({ platformId: "wxplatform" });
  const owner = { kind: "platform", id: "wxplatform" } as const;
  for (const id of ["shared-1", "kept-1"]) await access.reach.add(owner, id);
  assert.deepEqual(await list(), ["mine-1"]);
  await access.reach.share("shared-1", accounts.mine.appId);
  assert.deepEqual(await list(), ["mine-1", "shared-1"]);
  assert.deepEqual(await list({ EnvId: "shared-1" }), ["shared-1"]);
  assert.deepEqual(await list({ EnvId: "kept-1" }), []);
  const told = await caller.ask("DescribeEnvInfo", { EnvId: "shared-1" });
  assert.equal(told.Error, undefined);
  assert.equal(
    (await caller.ask("DescribeEnvInfo", { EnvId: "kept-1" })).Error?.Code,
    "ResourceNotFound",
  );
  await access.reach.unshare("shared-1", accounts.mine.appId);
  assert.deepEqual(await list(), ["mine-1"]);
});
