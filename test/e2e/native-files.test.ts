import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { after, before, test } from "node:test";
import { assertProblem, nativeAccount, NativeService } from "../support/native.ts";

let api: NativeService;
before(async () => {
  api = await NativeService.start();
});
after(() => api[Symbol.asyncDispose]());

const md5 = (content: string | Uint8Array) => createHash("md5").update(content).digest("hex");

test("a file is stored, looked at, read whole and in ranges, replaced and removed", async () => {
  const content = Buffer.alloc(3_000_000, "0123456789");
  const put = await api.send("PUT", "files/a/b.bin", {
    body: content,
    headers: { "content-type": "application/x-mine" },
  });
  assert.equal(put.status, 201);
  const etag = `"${md5(content)}"`;
  assert.equal(put.headers.get("etag"), etag);
  const { modified, ...rest } = put.json;
  assert.deepEqual(rest, {
    name: "a/b.bin",
    size: content.length,
    md5: md5(content),
    contentType: "application/x-mine",
  });
  assert.ok(Math.abs(Date.parse(modified) - Date.now()) < 60_000);
  const head = await api.send("HEAD", "files/a%2Fb.bin");
  assert.equal(head.status, 200);
  assert.equal(head.headers.get("content-length"), String(content.length));
  assert.equal(head.headers.get("content-type"), "application/x-mine");
  const whole = await api.send("GET", "files/a/b.bin");
  assert.ok(whole.text === content.toString());
  const range = await api.send("GET", "files/a/b.bin", { headers: { range: "bytes=10-14" } });
  assert.deepEqual([range.status, range.text], [206, "01234"]);
  assert.equal(range.headers.get("content-range"), `bytes 10-14/${content.length}`);
  const behind = await api.send("GET", "files/a/b.bin", { headers: { range: "bytes=9999999-" } });
  assertProblem(behind, 416, "range_not_satisfiable", /3000000 bytes/);
  assert.equal(behind.headers.get("content-range"), `bytes */${content.length}`);
  const same = await api.send("GET", "files/a/b.bin", { headers: { "if-none-match": etag } });
  assert.deepEqual([same.status, same.text], [304, ""]);
  const other = await api.send("GET", "files/a/b.bin", { headers: { "if-match": '"x"' } });
  assertProblem(other, 412, "precondition_failed");
  assert.equal((await api.send("PUT", "files/a/b.bin", { body: "new" })).status, 200);
  assert.equal((await api.send("GET", "files/a/b.bin")).text, "new");
  assert.equal((await api.send("DELETE", "files/a/b.bin")).status, 204);
  assertProblem(await api.send("GET", "files/a/b.bin"), 404, "file_not_found");
  assert.equal((await api.send("HEAD", "files/a/b.bin")).status, 404);
  assertProblem(await api.send("DELETE", "files/a/b.bin"), 404, "file_not_found");
});

test("a change happens only to the file that was meant", async () => {
  const put = (body: string, headers: Record<string, string>) =>
    api.send("PUT", "files/once", { body, headers });
  assertProblem(await put("1", { "if-match": "*" }), 412, "precondition_failed");
  const made = await put("1", { "if-none-match": "*" });
  assert.equal(made.status, 201);
  assertProblem(await put("2", { "if-none-match": "*" }), 412, "precondition_failed");
  const etag = made.headers.get("etag") ?? "";
  const both = await Promise.all([put("2", { "if-match": etag }), put("3", { "if-match": etag })]);
  assert.deepEqual(
    both.map(({ status }) => status).sort((a, b) => a - b),
    [200, 412],
    "one of two that saw the same",
  );
  assertProblem(await put("4", { "if-match": `W/${etag}` }), 412, "precondition_failed");
  const stale = await api.send("DELETE", "files/once", { headers: { "if-match": etag } });
  assertProblem(stale, 412, "precondition_failed");
  assert.equal(
    (await api.send("DELETE", "files/once", { headers: { "if-match": "*" } })).status,
    204,
  );
});

test("a content that is not what its digest says is not stored", async () => {
  const put = (body: string, digest: string) =>
    api.send("PUT", "files/digest", { body, headers: { "content-md5": digest } });
  const right = Buffer.from(md5("right"), "hex").toString("base64");
  assertProblem(await put("wrong", right), 400, "invalid_body", /MD5 .* changed on its way/);
  assertProblem(await api.send("GET", "files/digest"), 404, "file_not_found");
  assert.equal((await put("right", right)).status, 201);
  assert.equal((await put("", "1B2M2Y8AsgTpgAmY7PhCfg==")).json.size, 0);
});

test("every name is a name, and what can be none is refused", async () => {
  const long = "é".repeat(256);
  const names = [
    "a b",
    "a%b",
    "a?b",
    "a#b",
    "a/./b",
    "a//b",
    "..",
    "文件/😀.json",
    long,
    "x".repeat(512),
  ];
  for (const name of names) {
    const path = `files/${encodeURIComponent(name).replaceAll(".", "%2E")}`;
    const put = await raw("PUT", api.url(path), name);
    assert.deepEqual([put.status, JSON.parse(put.text).name], [201, name]);
    assert.equal((await raw("GET", api.url(path))).text, name);
  }
  const listed = (await api.send("GET", "files?limit=1000")).json.items;
  const found = listed.map(({ name }: { name: string }) => name);
  assert.ok(names.every((name) => found.includes(name)));
  for (const name of ["", "/a", `${long}x`, ".docferry/x", "a\0b"]) {
    const sent = await api.send("PUT", `files/${encodeURIComponent(name)}`, { body: "x" });
    assertProblem(sent, 400, "invalid_file_name");
  }
});

test("files are listed by prefix and page by page; a job's own only when asked for", async () => {
  for (const name of ["l/1", "l/2", "l/3", "l/4"]) await api.put(name, name);
  const first = (await api.send("GET", "files?prefix=l/&limit=3")).json;
  assert.deepEqual(
    first.items.map(({ name }: { name: string }) => name),
    ["l/1", "l/2", "l/3"],
  );
  await api.put("l/0", "comes before");
  const second = (await api.send("GET", `files?prefix=l/&limit=3&cursor=${first.nextCursor}`)).json;
  assert.deepEqual(
    second.items.map(({ name }: { name: string }) => name),
    ["l/4"],
  );
  assert.equal(second.nextCursor, null);

  const job = await api.imported("rejected", "{bad\n");
  for (const name of ["-before", ".docferrz"]) await api.put(name, "x");
  const hidden = (await api.send("GET", "files?prefix=.docferry/")).json.items;
  assert.ok(hidden.some(({ name }: { name: string }) => name === job.result?.file));
  // Page by page across the place where the hidden ones stand.
  const all = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const page = await api.send("GET", `files?limit=2${cursor && `&cursor=${cursor}`}`);
    all.push(...page.json.items.map(({ name }: { name: string }) => name));
    cursor = page.json.nextCursor;
  }
  assert.ok(all.includes("-before") && all.includes(".docferrz"));
  assert.ok(!all.some((name) => name.startsWith(".docferry/")));
  assert.deepEqual(all, [...new Set(all)]);
  assert.equal((await api.send("GET", `files/${job.result?.file}`)).text, "{bad\n");
  assertProblem(await api.send("DELETE", `files/${job.result?.file}`), 400, "invalid_file_name");
});

test("an upload that breaks off stores nothing", async () => {
  await new Promise<void>((resolve, reject) => {
    const outgoing = httpRequest(api.url("files/broken"), {
      method: "PUT",
      headers: { authorization: `Bearer ${api.token}`, "content-length": "1000000" },
    });
    outgoing.on("error", () => resolve());
    outgoing.on("response", () => reject(new Error("it was answered")));
    outgoing.write("x".repeat(1000), () => outgoing.destroy());
  });
  for (
    let tries = 0;
    tries < 200 && !api.log.some((line) => line.includes("files/broken"));
    tries++
  ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assertProblem(await api.send("GET", "files/broken"), 404, "file_not_found");
});

test("an upload that is refused is answered, however long it is", async () => {
  const body = Buffer.alloc(20_000_000);
  assertProblem(await api.send("PUT", "files/x", { body, token: "wrong" }), 401, "token_unknown");
  const url = `/v1/environments/${nativeAccount.envId}x/files/x`;
  assertProblem(await api.send("PUT", url, { body }), 404, "environment_not_found");
  await api.put("there", "x");
  const headers = { "if-none-match": "*" };
  assertProblem(
    await api.send("PUT", "files/there", { body, headers }),
    412,
    "precondition_failed",
  );
});

/** Sent as it stands: fetch would resolve the dots of a path. */
function raw(
  method: string,
  url: string,
  body?: string,
): Promise<{ status: number; text: string }> {
  const { host, port } = new URL(url);
  const path = url.slice(url.indexOf(host) + host.length);
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      host: "127.0.0.1",
      port,
      method,
      path,
      headers: { authorization: `Bearer ${api.token}` },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString() }),
      );
    });
    outgoing.end(body);
  });
}
