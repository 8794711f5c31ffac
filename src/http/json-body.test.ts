import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { afterwards } from "../../test/support/afterwards.ts";
import { readBody } from "./json-body.ts";

const mib = 1024 * 1024;

test("a client that goes in the middle of an over-long body leaves nothing that keeps the process", async (t) => {
  const timersBefore = timers();
  const { client } = await overLong(t, { bodyMs: 60_000 });
  assert.match(String((await once(client, "data"))[0]), /^HTTP\/1\.1 413 /);
  client.destroy();
  await once(client, "close");
  assert.ok(timers() <= timersBefore, `${timers()} timers, ${timersBefore} before`);
});

test("a client that stays in the middle of an over-long body is cut off when the time for bodies is over", async (t) => {
  const { client } = await overLong(t, { bodyMs: 300 });
  const began = performance.now();
  client.resume();
  await once(client, "close");
  assert.ok(performance.now() - began > 250, "it was cut before its time");
});

/** A client that has sent more than a body may have, and less than it has said. */
async function overLong(
  t: TestContext,
  { bodyMs }: { bodyMs: number },
): Promise<{ client: Socket }> {
  const server = createServer((request, response) => {
    readBody({ raw: request, body: null, bodyMs }).catch((error: Error) => {
      response.writeHead(413).end(error.message);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  afterwards(t, () => {
    server.closeAllConnections();
    server.close();
  });
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.on("error", () => undefined);
  client.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${4 * mib}\r\n\r\n`);
  client.write(Buffer.alloc(2 * mib, "x"));
  return { client };
}

/** That keep the process. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
}
