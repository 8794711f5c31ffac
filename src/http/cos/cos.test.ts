import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { text as allOf } from "node:stream/consumers";
import { test } from "node:test";
import { type CosAsk, openCosApp, partsXml, startedUpload } from "../../../test/support/cos-app.ts";
import { cosHeaders } from "../../../test/support/cos.ts";
import { until } from "../../../test/support/until.ts";
import { bucketOf } from "../files/file-id.ts";

test("a file is put, looked at, read in ranges, copied and removed", async () => {
  await using opened = await openCosApp();
  const { ask } = opened;
  const name = "dir/ a (1)'中.txt";
  const put = await ask("PUT", name, { body: "content" });
  assert.equal(put.status, 200);
  assert.equal(put.headers["etag"], '"9a0364b9e99bb480dd25e1f0284c8555"');
  const head = await ask("HEAD", name);
  assert.deepEqual([head.status, head.headers["content-length"]], [200, "7"]);
  assert.match(String(head.headers["content-type"]), /^text\/plain/);
  const range = await ask("GET", name, { headers: { range: "bytes=2-3" } });
  assert.deepEqual([range.status, range.body.toString()], [206, "nt"]);
  const source = `${bucketOf("mine-1")}.cos.ap-shanghai.myqcloud.com/${encodeURIComponent(name)}`;
  const copied = await ask("PUT", "copy", {
    headers: { "x-cos-copy-source": source },
    signing: { headers: ["host", "x-cos-copy-source"] },
  });
  assert.equal(copied.status, 200);
  assert.equal((await ask("DELETE", name)).status, 204);
  assert.equal((await ask("DELETE", name)).status, 204);
  assert.equal((await ask("GET", name)).status, 404);
  assert.equal((await ask("GET", "copy")).body.toString(), "content");
});

test("the address of the service itself may be given in place of the bucket's host", async () => {
  await using opened = await openCosApp();
  const host = `127.0.0.1:${opened.port}`;
  const signing = { ...opened.key, now: opened.clock.now, host };
  const path = `/cos/${bucketOf("mine-1")}/a`;
  for (const signedPath of ["a", path.slice(1)]) {
    const headers = cosHeaders("PUT", signedPath, {}, signing);
    assert.equal((await opened.send("PUT", path, { headers, body: Buffer.from("x") })).status, 200);
  }
});

test("what breaks off, or is not what it says, leaves nothing", async () => {
  await using opened = await openCosApp();
  const { ask } = opened;
  const wrong = await ask("PUT", "a", {
    body: "content",
    headers: { "content-md5": Buffer.alloc(16).toString("base64") },
  });
  assert.equal(wrong.status, 400);
  const host = `${bucketOf("mine-1")}.cos.ap-shanghai.tencentcos.cn`;
  const headers = cosHeaders("PUT", "a", {}, { ...opened.key, now: opened.clock.now, host });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(opened.port, "127.0.0.1");
  socket.write(`PUT /a HTTP/1.1\r\n${lines.join("")}content-length: 100\r\n\r\nhalf`);
  await until(async () => (await opened.objectIds()).length > 0);
  socket.destroy();
  await until(async () => (await opened.objectIds()).length === 0);
  assert.equal((await ask("GET", "a")).status, 404);
  assert.deepEqual(await opened.objectIds(), []);
});

test("a request without Host is the caller's fault, and is told as one", async () => {
  await using opened = await openCosApp();
  const socket = connect(opened.port, "127.0.0.1");
  socket.end("GET /cos/x/y HTTP/1.1\r\nconnection: close\r\n\r\n");
  const answer = await allOf(socket);
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.match(answer, /<Code>InvalidArgument<\/Code>\n\t<Message>The request has no header Host/);
});

test("no signature opens a bucket that it was not made for", async () => {
  await using opened = await openCosApp();
  const { ask, access, accounts, clock, key } = opened;
  assert.equal((await ask("PUT", "a", { body: "x" })).status, 200);
  const theirs = await access.addCloudKey(accounts.other.appId);
  const sha1 = /q-sign-algorithm=sha1/;
  const attacks: [string, Parameters<CosAsk>, number, string][] = [
    [
      "another key's secret",
      ["GET", "a", { signing: { secretKey: theirs.secretKey } }],
      403,
      "SignatureDoesNotMatch",
    ],
    ["no such key", ["GET", "a", { signing: { secretId: "AKIDno" } }], 401, "InvalidAccessKeyId"],
    ["another app's key", ["GET", "a", { signing: theirs }], 404, "NoSuchBucket"],
    ["another app's bucket", ["GET", "a", { environment: "other-1" }], 404, "NoSuchBucket"],
    ["no bucket", ["GET", "a", { environment: "none-1" }], 404, "NoSuchBucket"],
    [
      "another name",
      [
        "GET",
        "a",
        {
          change: (sent) => ({
            ...sent,
            ...cosHeaders("GET", "b", {}, { ...key, now: clock.now, host: sent["host"] ?? "" }),
          }),
        },
      ],
      403,
      "SignatureDoesNotMatch",
    ],
    [
      "another method",
      [
        "DELETE",
        "a",
        {
          change: (sent) => ({
            ...sent,
            ...cosHeaders("GET", "a", {}, { ...key, now: clock.now, host: sent["host"] ?? "" }),
          }),
        },
      ],
      403,
      "SignatureDoesNotMatch",
    ],
    ["an unsigned host", ["GET", "a", { signing: { headers: [] } }], 401, "AccessDenied"],
    [
      "an unsigned parameter",
      ["POST", "a", { query: { uploads: "" }, signing: { parameters: [] } }],
      401,
      "AccessDenied",
    ],
    [
      "an unsigned source",
      ["PUT", "b", { headers: { "x-cos-copy-source": "x" } }],
      401,
      "AccessDenied",
    ],
    ["another algorithm", ["GET", "a", { signing: { algorithm: "md5" } }], 401, "AccessDenied"],
    ["no signature", ["GET", "a", { change: ({ host = "" }) => ({ host }) }], 401, "AccessDenied"],
    [
      "an empty signature",
      [
        "GET",
        "a",
        {
          change: (sent) => ({
            ...sent,
            authorization: (sent["authorization"] ?? "").replace(/q-signature=.*/, "q-signature="),
          }),
        },
      ],
      401,
      "AccessDenied",
    ],
    [
      "an algorithm twice",
      [
        "GET",
        "a",
        {
          change: (sent) => ({
            ...sent,
            authorization: (sent["authorization"] ?? "").replace(sha1, "$&&$&"),
          }),
        },
      ],
      401,
      "AccessDenied",
    ],
    [
      "a token beside a lasting key",
      ["GET", "a", { signing: { token: "x.y" } }],
      401,
      "InvalidToken",
    ],
    [
      "a signature that has ended",
      ["GET", "a", { signing: { now: clock.now - 901_000 } }],
      401,
      "AccessDenied",
    ],
    [
      "one that has not begun",
      ["GET", "a", { signing: { now: clock.now + 302_000 } }],
      401,
      "AccessDenied",
    ],
    [
      "a hidden name to write",
      ["PUT", ".docferry/jobs/1/rejects.json", { body: "x" }],
      400,
      "InvalidURI",
    ],
    ["a hidden name to remove", ["DELETE", ".docferry/uploads/x", {}], 400, "InvalidURI"],
    [
      "another bucket's file to copy",
      [
        "PUT",
        "b",
        {
          headers: { "x-cos-copy-source": `${bucketOf("other-1")}.cos.x.myqcloud.com/a` },
          signing: { headers: ["host", "x-cos-copy-source"] },
        },
      ],
      404,
      "NoSuchKey",
    ],
  ];
  for (const [name, request, status, code] of attacks) {
    const answer = await ask(...request);
    assert.equal(answer.status, status, `${name}: ${answer.body.toString()}`);
    assert.match(answer.body.toString(), new RegExp(`<Code>${code}</Code>`), name);
  }
  assert.equal((await ask("GET", "a")).body.toString(), "x");
  const temporary = access.temporaryKey({ kind: "app", appId: accounts.mine.appId }, 60);
  assert.equal((await ask("GET", "a", { signing: temporary })).status, 200);
  clock.pass(60);
  assert.equal((await ask("GET", "a", { signing: { ...temporary, now: clock.now } })).status, 401);
  await access.removeCloudKey(key.secretId);
  assert.equal((await ask("GET", "a", { signing: { now: clock.now } })).status, 401);
});

test("a file comes in parts, in any order, and is there once they are completed", async () => {
  await using opened = await openCosApp();
  const { ask } = opened;
  const id = await startedUpload(ask, "big.bin");
  const etags = new Map<number, string>();
  for (const [number, body] of [
    [2, "-two-"],
    [1, "one"],
    [10, "ten"],
    [2, "two"],
  ] as const) {
    const query = { partNumber: String(number), uploadId: id };
    const put = await ask("PUT", "big.bin", { query, body });
    assert.equal(put.status, 200);
    etags.set(number, String(put.headers["etag"]));
  }
  assert.equal((await ask("GET", "big.bin")).status, 404);
  const list = (await ask("GET", "big.bin", { query: { uploadId: id } })).body.toString();
  assert.deepEqual(
    [...list.matchAll(/<PartNumber>(\d+)</g)].map(([, number]) => number),
    ["1", "2", "10"],
  );
  const uploads = await ask("GET", "", { query: { uploads: "", prefix: "big" } });
  assert.match(uploads.body.toString(), new RegExp(`<UploadId>${id}</UploadId>`));
  const none = await ask("GET", "", { query: { uploads: "", prefix: "small" } });
  assert.doesNotMatch(none.body.toString(), /<Upload>/);

  const complete = (parts: [number, string][], name = "big.bin", upload = id) =>
    ask("POST", name, { query: { uploadId: upload }, body: partsXml(parts) });
  const [one, two, ten] = [1, 2, 10].map((number): [number, string] => [
    number,
    etags.get(number) ?? "",
  ]);
  for (const parts of [[], [two, one], [one, one], [one, [3, one![1]]], [[1, two![1]]]]) {
    const refused = await complete(parts as [number, string][]);
    assert.match(refused.body.toString(), /<Code>InvalidPart</);
  }
  assert.match((await complete([one!], "other")).body.toString(), /<Code>NoSuchUpload</);
  assert.match(
    (await complete([one!], "big.bin", "0".repeat(32))).body.toString(),
    /<Code>NoSuchUpload</,
  );
  const whole = await complete([one!, two!, ten!]);
  assert.equal(whole.status, 200);
  assert.equal((await ask("GET", "big.bin")).body.toString(), "onetwoten");
  assert.match((await complete([one!])).body.toString(), /<Code>NoSuchUpload</);
  const names = await opened
    .store()
    .files.list({ environment: "mine-1", prefix: "", after: null, limit: 9 });
  assert.deepEqual(
    names.map(({ name }) => name),
    ["big.bin"],
  );
});

test("an upload that is aborted is gone, and one of another app's is none", async () => {
  await using opened = await openCosApp();
  const { ask, access, accounts } = opened;
  const id = await startedUpload(ask, "a");
  const theirs = await access.addCloudKey(accounts.other.appId);
  const query = { partNumber: "1", uploadId: id };
  const foreign = await ask("PUT", "a", {
    query,
    body: "x",
    environment: "other-1",
    signing: theirs,
  });
  assert.match(foreign.body.toString(), /<Code>NoSuchUpload</);
  for (const partNumber of ["0", "10001", "x", ""]) {
    const refused = await ask("PUT", "a", { query: { partNumber, uploadId: id }, body: "x" });
    assert.match(refused.body.toString(), /<Code>InvalidPart</);
  }
  assert.equal((await ask("PUT", "a", { query, body: "x" })).status, 200);
  assert.equal((await ask("DELETE", "a", { query: { uploadId: id } })).status, 204);
  assert.match(
    (await ask("PUT", "a", { query, body: "x" })).body.toString(),
    /<Code>NoSuchUpload</,
  );
  const left = await opened
    .store()
    .files.list({ environment: "mine-1", prefix: "", after: null, limit: 9 });
  assert.deepEqual(left, []);
});

test("an upload that nobody goes on with is forgotten after a day, and one that somebody does is not", async (t) => {
  // The service looks every ten minutes.
  t.mock.timers.enable({ apis: ["setInterval"] });
  await using opened = await openCosApp();
  const { ask, clock } = opened;
  const put = (uploadId: string, name: string) =>
    ask("PUT", name, { query: { partNumber: "1", uploadId }, body: "x" });
  const [left, kept] = [await startedUpload(ask, "left"), await startedUpload(ask, "kept")];
  assert.equal((await put(left, "left")).status, 200);
  clock.pass(23 * 3600);
  assert.equal((await put(kept, "kept")).status, 200);
  const listed = async () => {
    const { body } = await ask("GET", "", { query: { uploads: "" } });
    return ["kept", "left"].filter((name) => body.toString().includes(`<Key>${name}<`));
  };
  t.mock.timers.tick(600_000);
  assert.deepEqual(await listed(), ["kept", "left"]);
  clock.pass(3601);
  t.mock.timers.tick(600_000);
  await until(async () => (await listed()).length === 1);
  assert.deepEqual(await listed(), ["kept"]);
  assert.match((await put(left, "left")).body.toString(), /<Code>NoSuchUpload</);
  // It is gone before its parts are.
  const { files } = opened.store();
  await until(async () => {
    const all = await files.list({ environment: "mine-1", prefix: "", after: null, limit: 9 });
    return all.every(({ name }) => name.includes(kept));
  });
});

test("a bucket is listed in pages, by prefix and by folder, without what is docferry's own", async () => {
  await using opened = await openCosApp();
  const { ask } = opened;
  for (const name of ["a/1", "a/2", "a/b/3", "a\u0001&<", "z"]) {
    assert.equal((await ask("PUT", name, { body: name })).status, 200);
  }
  await startedUpload(ask, "a/unfinished");
  const list = async (query: Record<string, string> = {}) => {
    const answer = await ask("GET", "", { query });
    const text = answer.body.toString();
    const all = (element: string) =>
      [...text.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, "g"))].map(([, one]) => one);
    const prefixes = [...text.matchAll(/<CommonPrefixes>\s*<Prefix>([^<]*)</g)].map(
      ([, one]) => one,
    );
    return { ...answer, text, all, keys: all("Key"), prefixes, next: all("NextMarker")[0] };
  };
  assert.deepEqual((await list({ "encoding-type": "url" })).keys, [
    "a%01%26%3C",
    "a%2F1",
    "a%2F2",
    "a%2Fb%2F3",
    "z",
  ]);
  assert.deepEqual((await list({ prefix: "a/" })).keys, ["a/1", "a/2", "a/b/3"]);
  const folder = await list({ prefix: "a/", delimiter: "/" });
  assert.deepEqual([folder.keys, folder.prefixes], [["a/1", "a/2"], ["a/b/"]]);
  assert.deepEqual([folder.all("Size"), folder.all("IsTruncated")], [["3", "3"], ["false"]]);
  assert.equal(folder.all("ETag")[0], (await ask("HEAD", "a/1")).headers["etag"]);
  const seen: (string | undefined)[] = [];
  for (let marker = ""; ;) {
    const page = await list({ "max-keys": "2", marker });
    seen.push(...page.keys);
    if (page.next === undefined) break;
    marker = page.next;
  }
  assert.deepEqual(seen, ["a\ufffd&amp;&lt;", "a/1", "a/2", "a/b/3", "z"]);
  assert.deepEqual((await list({ "max-keys": "0" })).keys, []);
  assert.equal((await ask("HEAD", "")).status, 200);
  assert.match((await list({ "max-keys": "x" })).text, /<Code>InvalidArgument</);
  assert.equal((await list({ acl: "" })).status, 404);
});

test("files are removed many at once, each by itself, by a body that is signed", async () => {
  await using opened = await openCosApp();
  const { ask, clock, key } = opened;
  const names = ["a & b <1>", "中", "kept"];
  for (const name of names) assert.equal((await ask("PUT", name, { body: "x" })).status, 200);
  const remove = (
    xml: string,
    change: { md5?: string; signed?: string[]; signing?: Partial<typeof key> } = {},
  ) => {
    const md5 = change.md5 ?? createHash("md5").update(xml).digest("base64");
    return ask("POST", "", {
      query: { delete: "" },
      body: xml,
      headers: { "content-md5": md5 },
      signing: { now: clock.now, headers: change.signed ?? ["host", "content-md5"] },
    });
  };
  const listOf = (keys: string[], quiet = "false") =>
    `<Delete>${keys.map((one) => `<Object><Key>${one}</Key></Object>`).join("")}<Quiet>${quiet}</Quiet></Delete>`;
  const two = ["a &amp; b &lt;1&#62;", "&#x4e2d;"];
  for (const [what, refused, code] of [
    ["an unsigned list", await remove(listOf(two), { signed: ["host"] }), "AccessDenied"],
    ["another list", await remove(listOf(two), { md5: "x".repeat(24) }), "MalformedPOSTRequest"],
    ["no list", await remove("<Delete/>"), "MalformedPOSTRequest"],
    ["no character", await remove(listOf(["&nothing;"])), "MalformedPOSTRequest"],
    [
      "too many",
      await remove(listOf(Array.from({ length: 1001 }, String))),
      "MalformedPOSTRequest",
    ],
  ] as const) {
    assert.match(refused.body.toString(), new RegExp(`<Code>${code}<`), what);
  }
  const answer = await remove(listOf([...two, "none", ".docferry/x"]));
  assert.equal(answer.status, 200);
  const text = answer.body.toString();
  assert.equal(text.match(/<Deleted>/g)?.length, 3);
  assert.match(text, /<Error>\s*<Key>.docferry\/x<\/Key>\s*<Code>InvalidURI</);
  const left = await opened
    .store()
    .files.list({ environment: "mine-1", prefix: "", after: null, limit: 9 });
  assert.deepEqual(
    left.map(({ name }) => name),
    ["kept"],
  );
  assert.doesNotMatch((await remove(listOf(["kept"], "true"))).body.toString(), /<Deleted>/);
  assert.equal((await ask("GET", "kept")).status, 404);
});

test("a tunnel leads to the service, for the vendor's hosts alone", async () => {
  await using opened = await openCosApp();
  const talk = (lines: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(opened.port, "127.0.0.1", () => socket.end(lines));
      let text = "";
      socket.on("data", (piece) => (text += piece.toString()));
      socket.on("end", () => resolve(text));
      socket.on("error", reject);
    });
  const request =
    "GET /healthz HTTP/1.1\r\nhost: x.tcb-api.tencentcloudapi.com\r\nconnection: close\r\n\r\n";
  const tunnel = await talk(
    `CONNECT x.tcb-api.tencentcloudapi.com:80 HTTP/1.1\r\nhost: x\r\n\r\n${request}`,
  );
  assert.match(tunnel, /^HTTP\/1\.1 200 Connection Established\r\n\r\nHTTP\/1\.1 200 OK[^]*alive/);
  for (const host of [
    "example.org:80",
    "127.0.0.1:22",
    "tencentcloudapi.com.evil.org:80",
    "eviltencentcos.cn:80",
  ]) {
    assert.match(await talk(`CONNECT ${host} HTTP/1.1\r\nhost: x\r\n\r\n`), /^HTTP\/1\.1 403 /);
  }
});
