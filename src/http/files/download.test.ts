import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { openFileApp } from "../../../test/support/file-app.ts";
import { until } from "../../../test/support/until.ts";
import { inject } from "../../../test/support/inject.ts";

test("an address gives the file with what clients go by, to GET and HEAD", async () => {
  await using app = await openFileApp();
  const content = randomBytes(2_500_000);
  await app.put("dir/导出 1.csv", content);
  const address = await app.addressOf("dir/导出 1.csv");
  const got = await app.send("GET", address);
  assert.equal(got.status, 200);
  assert.deepEqual(got.body, content);
  const { md5 } = (await app.store().files.get("mine-1", "dir/导出 1.csv")) ?? {};
  const { headers } = got;
  assert.equal(headers["content-length"], "2500000");
  assert.equal(headers["content-type"], "text/csv; charset=utf-8");
  assert.equal(
    headers["content-disposition"],
    `attachment; filename="__ 1.csv"; filename*=UTF-8''%E5%AF%BC%E5%87%BA%201.csv`,
  );
  assert.equal(headers["accept-ranges"], "bytes");
  assert.equal(headers["etag"], `"${md5}"`);
  assert.equal(headers["last-modified"], "Fri, 02 Jan 2026 03:04:05 GMT");
  assert.equal(headers["x-content-type-options"], "nosniff");
  const head = await app.send("HEAD", address);
  assert.equal(head.status, 200);
  assert.equal(head.body.length, 0);
  for (const name of [
    "content-length",
    "content-type",
    "content-disposition",
    "etag",
    "accept-ranges",
  ]) {
    assert.equal(head.headers[name], headers[name], name);
  }
});

test("ranges, and what the client has already", async () => {
  await using app = await openFileApp();
  const content = randomBytes(1_100_000);
  await app.put("a.bin", content);
  const address = await app.addressOf("a.bin");
  const get = (headers: Record<string, string>, method = "GET") =>
    app.send(method, address, { headers });
  const { headers } = await get({});
  const [etag, modified] = [String(headers["etag"]), String(headers["last-modified"])];

  const part = await get({ range: "bytes=1000000-1099998" });
  assert.equal(part.status, 206);
  assert.deepEqual(part.body, content.subarray(1_000_000, 1_099_999));
  assert.equal(part.headers["content-range"], "bytes 1000000-1099998/1100000");
  assert.equal(part.headers["content-length"], "99999");

  const suffix = await get({ range: "bytes=-7" });
  assert.deepEqual(suffix.body, content.subarray(-7));
  const resumed = await get({ range: "bytes=5-", "if-range": etag });
  assert.equal(resumed.status, 206);
  const changed = await get({ range: "bytes=5-", "if-range": '"old"' });
  assert.equal(changed.status, 200);
  assert.equal(changed.body.length, content.length);
  const headOfPart = await get({ range: "bytes=0-9" }, "HEAD");
  assert.equal(headOfPart.status, 206);
  assert.equal(headOfPart.headers["content-length"], "10");

  const beyond = await get({ range: "bytes=1100000-" });
  assert.equal(beyond.status, 416);
  assert.equal(beyond.headers["content-range"], "bytes */1100000");
  assert.match(beyond.body.toString(), /<Code>InvalidRange<\/Code>/);

  for (const condition of [{ "if-none-match": etag }, { "if-modified-since": modified }]) {
    const unchanged = await get(condition);
    assert.equal(unchanged.status, 304);
    assert.equal(unchanged.body.length, 0);
    assert.equal(unchanged.headers["etag"], etag);
    assert.equal(unchanged.headers["content-length"], undefined);
  }
  const other = await get({ "if-match": '"other"' });
  assert.equal(other.status, 412);
  assert.match(other.body.toString(), /<Code>PreconditionFailed<\/Code>/);
  assert.equal(await app.openFiles(), 0);
});

test("an empty file has no bytes and no range", async () => {
  await using app = await openFileApp();
  await app.put("empty", "");
  const address = await app.addressOf("empty");
  const got = await app.send("GET", address);
  assert.equal(got.status, 200);
  assert.equal(got.headers["content-length"], "0");
  assert.equal((await app.send("GET", address, { headers: { range: "bytes=0-" } })).status, 416);
});

test("an address is good as long as it was asked for, and for what it was signed", async () => {
  await using app = await openFileApp();
  await app.put("a.json", "one");
  await app.put("b.json", "two");
  const [address, short] = [await app.addressOf("a.json"), await app.addressOf("a.json", 60)];
  const refused = async (url: string, code: string) => {
    const answer = await app.send("GET", url);
    assert.equal(answer.status, 403, url);
    assert.match(answer.body.toString(), new RegExp(`<Code>${code}</Code>`));
    assert.match(String(answer.headers["content-type"]), /^application\/xml/);
  };
  await refused(address.replace("a.json", "b.json"), "SignatureDoesNotMatch");
  await refused(address.replace("/mine-1/", "/other-1/"), "SignatureDoesNotMatch");
  await refused(
    address.replace(/t=\d+/, (t) => `${t}0`),
    "SignatureDoesNotMatch",
  );
  await refused(
    address.replace(/sign=./, (start) => (start.endsWith("A") ? "sign=B" : "sign=A")),
    "SignatureDoesNotMatch",
  );
  await refused(address.replace(/\?.*/, ""), "SignatureDoesNotMatch");
  await refused(`${address}&filename=x`, "SignatureDoesNotMatch");
  app.clock.pass(59);
  assert.equal((await app.send("GET", short)).status, 200);
  app.clock.pass(1);
  await refused(short, "AccessDenied");
  app.clock.pass(7139);
  assert.equal((await app.send("GET", address)).status, 200);
  app.clock.pass(1);
  await refused(address, "AccessDenied");
});

test("a file that is gone is COS's NoSuchKey, one that was replaced is the new one", async () => {
  await using app = await openFileApp();
  await app.put("a.json", "one");
  const address = await app.addressOf("a.json");
  await app.put("a.json", "the other");
  assert.equal((await app.send("GET", address)).body.toString(), "the other");
  await app.store().files.remove("mine-1", "a.json");
  const gone = await app.send("GET", address);
  assert.equal(gone.status, 404);
  assert.match(gone.body.toString(), /<Code>NoSuchKey<\/Code>/);
  const head = await app.send("HEAD", address);
  assert.equal(head.status, 404);
  assert.equal(head.body.length, 0);
  assert.equal((await app.send("GET", "/download/mine-1")).status, 404);
  assert.equal((await app.send("GET", "/download/%ff?sign=x&t=1")).status, 404);
});

test("an object that the sweeper took between two looks is not the end of it", async () => {
  await using app = await openFileApp();
  await app.put("a.json", "one");
  const address = await app.addressOf("a.json");
  const files = app.store().files;
  const { object = "" } = (await files.get("mine-1", "a.json")) ?? {};
  const get = files.get.bind(files);
  let looks = 0;
  files.get = async (environment, name) => {
    const entry = await get(environment, name);
    if (++looks === 1) {
      files.get = get;
      await app.put("a.json", "the other");
      await app.objects.remove(object);
    }
    return entry;
  };
  const answer = await app.send("GET", address);
  assert.equal(answer.status, 200);
  assert.equal(answer.body.toString(), "the other");
  const { object: other = "" } = (await get("mine-1", "a.json")) ?? {};
  await app.objects.remove(other);
  assert.equal((await app.send("GET", address)).status, 404);
});

test("a client that goes, or takes nothing, holds no file open", async () => {
  await using app = await openFileApp({ idleMs: 200 });
  await app.put("big.bin", Buffer.alloc(32 * 1024 * 1024));
  const address = (await app.addressOf("big.bin")).replace(/^https?:\/\/[^/]*/, "");
  for (const leaves of [true, false]) {
    const socket = connect(app.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(`GET ${address} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(socket, "readable");
    socket.pause();
    assert.equal(await app.openFiles(), 1);
    if (leaves) socket.destroy();
    await until(async () => (await app.openFiles()) === 0);
    socket.destroy();
  }
});

test("an object that breaks in the middle breaks the answer, so that nobody takes it for whole", async () => {
  await using app = await openFileApp();
  await app.put("big.bin", Buffer.alloc(3 * 1024 * 1024));
  const read = app.objects.read.bind(app.objects);
  app.objects.read = async function* (id, range, options) {
    let pieces = 0;
    for await (const piece of read(id, range, options)) {
      if (++pieces === 3) throw new Error("the disk is broken");
      yield piece;
    }
  };
  await assert.rejects(
    app.send("GET", await app.addressOf("big.bin")),
    /aborted|hang up|ECONNRESET/,
  );
  assert.equal(await app.openFiles(), 0);
});

test("a request without a socket of its own is answered too", async () => {
  await using app = await openFileApp();
  await app.put("a.json", "one");
  const { statusCode, body } = await inject(app.app, await app.addressOf("a.json"));
  assert.deepEqual([statusCode, body], [200, "one"]);
  const { statusCode: status } = await inject(app.app, {
    method: "POST",
    url: "/cos/x/y",
    payload: "x",
  });
  assert.equal(status, 404);
});

test("one connection serves uploads and downloads one after another", async () => {
  await using app = await openFileApp();
  await app.put("a.json", "one");
  const path = (await app.addressOf("a.json")).replace(/^https?:\/\/[^/]*/, "");
  const socket = connect(app.port, "127.0.0.1");
  let text = "";
  socket.on("data", (bytes) => (text += bytes.toString()));
  for (let at = 1; at <= 3; at++) {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await until(async () => text.split("\r\n\r\none").length === at + 1);
  }
  socket.write(`GET ${path}x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  await once(socket, "close");
  assert.match(text, /HTTP\/1\.1 403 Forbidden/);
});
