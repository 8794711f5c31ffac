import assert from "node:assert/strict";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileIdOf } from "../../src/http/files/file-id.ts";
import { afterwards } from "../support/afterwards.ts";
import { openFilesBelow } from "../support/open-files.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { account, TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { Ferryman, repeated } from "./heavy-import.ts";

// More than the buffers of a connection take: the service has bytes left for as long as nobody reads.
const fileBytes = 24 * 1024 * 1024;
const clients = 24;

test("download clients that leave in the middle take nothing with them", async (t) => {
  const { ferryman, openObjects } = await serviceWithFile(t);
  for (const path of await addresses(ferryman)) {
    for (let round = 0; round < 2; round++) {
      const left = await Promise.all(
        Array.from({ length: clients }, () => download(ferryman, path)),
      );
      assert.equal(await openObjects(), process.platform === "linux" ? clients : 0);
      // One half without a word, the others as a browser does that is closed.
      for (const [n, { socket }] of left.entries()) {
        if (n % 2 === 0) socket.resetAndDestroy();
        else socket.destroy();
      }
      await until(async () => (await openObjects()) === 0);
    }
  }
  await answersOthers(ferryman);
  assert.doesNotMatch(ferryman.service.log, /"level":(50|60)/, "it is no fault of ours");
  assert.equal(await ferryman.service.stop(), 0);
});

test("download clients that take a byte a second keep nobody waiting, and SIGTERM drains past them", async (t) => {
  const { ferryman, openObjects } = await serviceWithFile(t);
  const [native, signed] = await addresses(ferryman);
  const slow = await Promise.all(
    Array.from({ length: clients }, (_, n) => download(ferryman, n % 2 ? native : signed)),
  );
  const timers = slow.map(({ socket }) => setInterval(() => socket.read(1), 1000));
  afterwards(t, () => timers.forEach(clearInterval));
  await answersOthers(ferryman);
  // All that while the slow ones are served.
  assert.equal(await openObjects(), process.platform === "linux" ? clients : 0);
  assert.ok(slow.every(({ socket }) => !socket.destroyed));
  const began = performance.now();
  assert.equal(await ferryman.service.stop(), 0);
  const seconds = (performance.now() - began) / 1000;
  t.diagnostic(`drained in ${seconds.toFixed(1)} s`);
  assert.ok(seconds < 10, `drained in ${seconds} s`);
});

async function serviceWithFile(t: TestContext) {
  const folder = join(await realpath(await tempFolder(t)), "data");
  const ferryman = await Ferryman.of(await TestService.start(t, folder));
  await ferryman.put("large.bin", repeated("0123456789abcdef", fileBytes));
  const pid = ferryman.service.child.pid ?? 0;
  return { ferryman, openObjects: () => openFilesBelow(join(folder, "files"), pid) };
}

/** Request lines and headers that lead to the file: by token, and by a signed address. */
async function addresses(ferryman: Ferryman): Promise<[string, string]> {
  const client = await ferryman.service.client();
  const { file_list: list } = await client.call("batchdownloadfile", {
    file_list: [{ fileid: fileIdOf(account.environment, "large.bin"), max_age: 7200 }],
  });
  const [{ download_url: url }] = list as [{ download_url: string }];
  const { pathname, search } = new URL(url);
  const { pathname: native } = new URL(ferryman.url("files/large.bin"));
  return [
    `GET ${native} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ferryman.token}\r\n\r\n`,
    `GET ${pathname}${search} HTTP/1.1\r\nHost: x\r\n\r\n`,
  ];
}

/** A download whose head has come, and whose bytes nobody reads. */
async function download({ service }: Ferryman, request: string): Promise<RawSocket> {
  const client = await RawSocket.open(service.address);
  client.send(request);
  await until(() => client.received.includes("\r\n\r\n"));
  assert.match(client.received, /^HTTP\/1\.1 200 /);
  client.socket.removeAllListeners("data");
  client.socket.pause();
  return client;
}

/** Each kind of call, and a job. */
async function answersOthers(ferryman: Ferryman): Promise<void> {
  assert.equal((await fetch(`${ferryman.service.address}/readyz`)).status, 200);
  await ferryman.put("people.json", '{"_id":1}\n{"_id":2}\n');
  const order = { type: "import", format: "json", file: "people.json", collection: "people" };
  const { id } = await ferryman.submit(order);
  assert.equal((await ferryman.ended(id)).state, "succeeded");
  const whole = await (await ferryman.send("GET", "files/large.bin")).arrayBuffer();
  assert.equal(whole.byteLength, fileBytes);
}
