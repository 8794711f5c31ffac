import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fieldsOf, formOf, openFileApp } from "../../test/support/file-app.ts";
import { RawSocket } from "../../test/support/raw-socket.ts";
import { connectionsWithin } from "./limits.ts";

const limits = { headersMs: 300, bodyMs: 300, maxConnections: 20 };

async function openLimited(changes: Parameters<typeof openFileApp>[0] = {}) {
  const opened = await openFileApp({ limits, ...changes });
  return Object.assign(opened, { address: `http://127.0.0.1:${opened.port}` });
}

test("headers that dribble are given up, and so is a connection that says nothing", async () => {
  await using app = await openLimited();
  const dribbling = await RawSocket.open(app.address);
  dribbling.send("GET /healthz HTTP/1.1\r\nx-a: ");
  dribbling.dribble("b", 20);
  const silent = await RawSocket.open(app.address);
  assert.match(await dribbling.closed, /^HTTP\/1\.1 408 [^]*The request did not come to its end/);
  assert.match(await silent.closed, /^(HTTP\/1\.1 408 |$)/);
});

for (const { name, path, answer } of [
  {
    name: "the vendor's calls",
    path: (token: string) => `/tcb/databasemigratequeryinfo?access_token=${token}`,
    answer:
      /^HTTP\/1\.1 200 [^]*"errcode":47001,"errmsg":"data format error: the body has not come/,
  },
  {
    name: "our own calls",
    path: () => "/v1/environments/mine-1/jobs",
    answer: /^HTTP\/1\.1 408 [^]*"code":"body_too_slow"/,
  },
]) {
  test(`a JSON body of ${name} that dribbles is answered, and its connection cut`, async () => {
    await using app = await openLimited();
    const client = await RawSocket.open(app.address);
    client.send(
      `POST ${path(app.token)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${app.token}\r\n` +
        "Content-Length: 100000\r\n\r\n{",
    );
    client.dribble(" ", 20);
    assert.match(await client.closed, answer);
  });
}

test("a file may take longer than a body, as long as some of it comes", async () => {
  await using app = await openLimited({ idleMs: 2_000 });
  const ticket = await app.ticket("slow.json");
  const form = formOf(fieldsOf(ticket, "slow.json", "x".repeat(100)));
  async function* slowly(): AsyncGenerator<Uint8Array> {
    const step = Math.ceil(form.body.length / 10);
    for (let at = 0; at < form.body.length; at += step) {
      yield form.body.subarray(at, at + step);
      await sleep(100);
    }
  }
  const answer = await app.send("POST", ticket.url, { headers: form.headers, body: slowly() });
  assert.equal(answer.status, 204, answer.body.toString());
});

test("connections beyond the most are closed at once, and those within are served", async () => {
  await using app = await openLimited({ limits: { ...limits, headersMs: 60_000 } });
  const open = await Promise.all(Array.from({ length: 30 }, () => RawSocket.open(app.address)));
  const refused = open.slice(limits.maxConnections);
  await Promise.all(refused.map(({ closed }) => closed));
  for (const client of open.slice(0, limits.maxConnections)) {
    client.send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert.match(await client.closed, /^HTTP\/1\.1 200 /);
  }
  assert.equal((await fetch(`${app.address}/healthz`)).status, 200);
});

test("there are never more connections than half of the files that may be open", () => {
  assert.equal(connectionsWithin(null, 10_000), 10_000);
  assert.equal(connectionsWithin(1024, 10_000), 384);
  assert.equal(connectionsWithin(1_000_000, 10_000), 10_000);
  assert.equal(connectionsWithin(64, 10_000), 16);
});
