import assert from "node:assert/strict";
import { test } from "node:test";
import { account, TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";

const origin = "https://shop.example";
const files = `/v1/environments/${account.environment}/files/x`;

test("pages of the origins that were named may make native calls, and no others", async (t) => {
  const flags = ["--cors-origins", `${origin},http://127.0.0.1:9`];
  const { address } = await TestService.start(t, await tempFolder(t), { flags });
  const ask = (path: string, from: string) =>
    fetch(address + path, {
      method: "OPTIONS",
      headers: { origin: from, "access-control-request-method": "PUT" },
    });
  const asked = await ask(files, origin);
  assert.equal(asked.status, 204);
  assert.equal(asked.headers.get("access-control-allow-origin"), origin);
  assert.match(asked.headers.get("access-control-allow-methods") ?? "", /\bPUT\b/);
  assert.match(asked.headers.get("access-control-allow-headers") ?? "", /\bauthorization\b/);
  assert.equal(asked.headers.get("vary"), "Origin");
  // A refusal must be readable, too: the page has to learn what is wrong.
  const refused = await fetch(address + files, { headers: { origin } });
  assert.equal(refused.status, 401);
  assert.equal(refused.headers.get("access-control-allow-origin"), origin);
  assert.equal(refused.headers.get("access-control-allow-credentials"), null);

  for (const [path, from] of [
    [files, "https://shop.example.evil"],
    [files, "null"],
    ["/v1/admin/apps", origin],
    ["/tcb/databasemigratequeryinfo", origin],
    ["/cgi-bin/stable_token", origin],
  ] as const) {
    const other = await ask(path, from);
    assert.notEqual(other.status, 204, path);
    assert.equal(other.headers.get("access-control-allow-origin"), null, path);
  }
});

test("without a name no page may, and what is no origin is refused at the start", async (t) => {
  const folder = await tempFolder(t);
  await assert.rejects(
    TestService.start(t, folder, { flags: ["--cors-origins", "shop.example"] }),
    /--cors-origins/,
  );
  const { address } = await TestService.start(t, folder);
  const answer = await fetch(address + files, { headers: { origin } });
  assert.equal(answer.headers.get("access-control-allow-origin"), null);
});
