import assert from "node:assert/strict";
import { test } from "node:test";
import { DocferryError } from "../job/errors.ts";
import { type CallGroup, requireCall } from "./call-rules.ts";
import type { Caller } from "./caller.ts";

const app: Caller = { kind: "app", appId: "wx1" };
const component: Caller = { kind: "component", platformId: "wxp" };
const authorizer = (...sets: number[]): Caller => ({
  kind: "authorizer",
  appId: "wx1",
  platformId: "wxp",
  grant: { sets: new Set(sets), standing: true },
});

test("each group of calls is open to its callers alone", () => {
  const expected: Record<CallGroup, [string, string, string]> = {
    cloudbase: ["open", "open", "api_unauthorized"],
    batch: ["api_unauthorized", "api_unauthorized", "open"],
    component: ["api_unauthorized", "api_unauthorized", "open"],
    account: ["open", "open", "open"],
    native: ["open", "api_unauthorized", "api_unauthorized"],
  };
  for (const [group, answers] of Object.entries(expected)) {
    const callers: Caller[] = [app, authorizer(49), component];
    assert.deepEqual(
      callers.map((caller) => outcome(caller, group as CallGroup)),
      answers,
      group,
    );
  }
});

test("either of the two sets opens CloudBase, and no other does", () => {
  for (const sets of [[49], [64], [49, 64], [18, 49], [1, 64]]) {
    assert.equal(outcome(authorizer(...sets), "cloudbase"), "open");
  }
  for (const sets of [[], [18], [4, 9], [48, 50, 63, 65]]) {
    assert.equal(outcome(authorizer(...sets), "cloudbase"), "permission_set_missing");
  }
});

test("a refusal says what the call takes, or which set is missing", () => {
  assert.throws(
    () => requireCall(component, "cloudbase"),
    /not for a component_access_token: it takes an app's access token or an authorizer_access_token/,
  );
  assert.throws(
    () => requireCall(authorizer(18), "cloudbase"),
    /App wx1 has not granted platform wxp permission set 49 or 64/,
  );
});

function outcome(caller: Caller, group: CallGroup): string {
  try {
    requireCall(caller, group);
    return "open";
  } catch (error) {
    assert.ok(error instanceof DocferryError);
    return error.code;
  }
}
