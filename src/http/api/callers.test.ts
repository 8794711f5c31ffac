import assert from "node:assert/strict";
import { test } from "node:test";
import { apiKeyText } from "../../access/api-key.ts";
import { openPlatformApp } from "../../../test/support/platforms.ts";
import { tokensOf } from "../../../test/support/tokens.ts";
import { apiRoutes } from "../api-routes.ts";
import type { RouteAccess } from "./route.ts";
import { inject } from "../../../test/support/inject.ts";

/**
 * What each kind of bearer meets before anything else of its request is looked at: a code, or `open`. The environment in the
 * path is the app's.
 */
const closed = { native: "api_unauthorized", operator: "wrong_operator_key" };
const kinds: Record<string, { native: string; operator: string }> = {
  none: { native: "bearer_missing", operator: "operator_key_missing" },
  "made-up": { native: "token_unknown", operator: "wrong_operator_key" },
  expired: { native: "token_expired", operator: "wrong_operator_key" },
  superseded: { native: "token_superseded", operator: "wrong_operator_key" },
  app: { native: "open", operator: "wrong_operator_key" },
  "other app": { native: "environment_not_found", operator: "wrong_operator_key" },
  "API key": { native: "open", operator: "wrong_operator_key" },
  "other app's API key": { native: "environment_not_found", operator: "wrong_operator_key" },
  "API key that was removed": { native: "api_key_unknown", operator: "wrong_operator_key" },
  authorizer: closed,
  "authorizer without the set": closed,
  component: closed,
  revoked: { native: "authorization_gone", operator: "wrong_operator_key" },
  operator: { native: "token_unknown", operator: "open" },
};

/** Where calls of each access stand: one that is elsewhere is not taken for granted. */
const places: Record<RouteAccess, { prefix: string; column: "native" | "operator" } | null> = {
  environment: { prefix: "/v1/environments/{env}/", column: "native" },
  operator: { prefix: "/v1/admin/", column: "operator" },
  // There is none. One that is to be needs its row, and its reason.
  anyone: null,
};

// Nothing is called here: the list is what the service serves.
const routes = apiRoutes({} as Parameters<typeof apiRoutes>[0]);

test("every call of our own API answers every kind of bearer as the table says", async () => {
  const operatorKey = "operator-key";
  await using opened = await openPlatformApp({
    operatorKey: { matches: (key) => key === operatorKey },
  });
  const { access, accounts } = opened;
  const bearers: Record<string, string | undefined> = {
    ...(await tokensOf(opened)),
    "API key": apiKeyText(await access.addCloudKey(accounts.mine.appId)),
    "other app's API key": apiKeyText(await access.addCloudKey(accounts.other.appId)),
    operator: operatorKey,
  };
  const removed = await access.addCloudKey(accounts.mine.appId);
  await access.removeCloudKey(removed.secretId);
  bearers["API key that was removed"] = apiKeyText(removed);
  assert.deepEqual(Object.keys(bearers).sort(), Object.keys(kinds).sort());

  for (const { method, path, access: of } of routes) {
    const place = places[of];
    assert.ok(place && path.startsWith(place.prefix), `${method} ${path} is in no row`);
    // Whoever is let in meets the parameter next, which no call has.
    const url = `${path.replace("{env}", "mine-1").replaceAll(/\{\w+\}/g, "1")}?made-up=1`;
    for (const [kind, bearer] of Object.entries(bearers)) {
      const { statusCode, body } = await inject(opened.app, {
        method,
        url,
        headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
      });
      const wanted: string = kinds[kind]?.[place.column] ?? "";
      const told = `${kind} ${method} ${path}: ${statusCode} ${body}`;
      if (method === "HEAD") assert.equal(statusCode === 400, wanted === "open", told);
      else if (wanted === "open") assert.match(body, /"detail":"[^"]*made-up/, told);
      else assert.equal((JSON.parse(body) as { code: string }).code, wanted, told);
    }
  }
  assert.deepEqual(opened.engine.orders, []);
});
