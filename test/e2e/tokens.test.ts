import assert from "node:assert/strict";
import { test } from "node:test";
import { account, TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("every token that a client has got holds after a SIGKILL, and the stable one is the same", async (t) => {
  const folder = await tempFolder(t);
  const first = await TestService.start(t, folder);
  const plain: string[] = [];
  const stable = await stableToken(first.address);
  // Killed in the middle of giving out more: what has come out must be on the disk.
  const brokenOff = assert.rejects(async () => {
    for (;;) plain.push(await plainToken(first.address));
  });
  while (plain.length < 5) await new Promise((resolve) => setImmediate(resolve));
  await first.kill();
  await brokenOff;
  const second = await TestService.start(t, folder);
  for (const token of [...plain, stable]) {
    assert.equal(
      await errcodeWith(second.address, token),
      -502005,
      "no such collection: the token holds",
    );
  }
  assert.equal(await stableToken(second.address), stable);
});

test("tokens live as long as the operator says", async (t) => {
  const folder = await tempFolder(t);
  const service = await TestService.start(t, folder, { flags: ["--token-seconds", "1"] });
  const token = await plainToken(service.address);
  let errcode = await errcodeWith(service.address, token);
  assert.equal(errcode, -502005);
  while (errcode === -502005) errcode = await errcodeWith(service.address, token);
  assert.equal(errcode, 42001);
});

async function plainToken(address: string): Promise<string> {
  const query = new URLSearchParams({
    grant_type: "client_credential",
    appid: account.appId,
    secret: account.secret,
  });
  return tokenIn(await fetch(`${address}/cgi-bin/token?${query.toString()}`));
}

async function stableToken(address: string): Promise<string> {
  const body = {
    grant_type: "client_credential",
    appid: account.appId,
    secret: account.secret,
  };
  return tokenIn(
    await fetch(`${address}/cgi-bin/stable_token`, { method: "POST", body: JSON.stringify(body) }),
  );
}

async function tokenIn(response: Response): Promise<string> {
  const { access_token: token } = (await response.json()) as { access_token?: string };
  return token ?? assert.fail("no token");
}

async function errcodeWith(address: string, token: string): Promise<number> {
  const response = await fetch(`${address}/tcb/databasemigrateexport?access_token=${token}`, {
    method: "POST",
    body: JSON.stringify({
      env: account.environment,
      file_path: "out",
      file_type: 1,
      query: "db.collection('none').get()",
    }),
  });
  return ((await response.json()) as { errcode: number }).errcode;
}
