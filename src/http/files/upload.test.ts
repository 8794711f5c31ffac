import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { type Field, fieldsOf, formOf, openFileApp } from "../../../test/support/file-app.ts";
import { until } from "../../../test/support/until.ts";

type FileApp = Awaited<ReturnType<typeof openFileApp>>;

test("a form as the vendor's clients send it becomes a file", async () => {
  await using app = await openFileApp();
  const content = randomBytes(200_000);
  const answer = await app.put("dir/a.json", content);
  assert.equal(answer.status, 204);
  assert.equal(answer.body.length, 0);
  const md5 = createHash("md5").update(content).digest("hex");
  assert.equal(answer.headers["etag"], `"${md5}"`);
  const entry = await indexed(app, "dir/a.json");
  assert.ok(entry);
  const { object, ...rest } = entry;
  assert.deepEqual(rest, {
    environment: "mine-1",
    name: "dir/a.json",
    size: 200_000,
    md5,
    contentType: "application/json",
    modifiedAt: app.clock.now,
  });
  assert.equal(await app.objects.size(object), 200_000);
  assert.deepEqual(await fetched(app, "dir/a.json"), content);
});

test("fields may come in any order, with any file names and headers", async () => {
  await using app = await openFileApp();
  const orders: Record<string, (fields: Field[]) => Field[]> = {
    "file first, every field with a filename": (fields) =>
      fields.toReversed().map(([name, value]) => [name, value, name]),
    "file without filename": (fields) =>
      fields.map(([name, value]): Field =>
        name === "file"
          ? [name, value, undefined, "Content-Type: application/octet-stream"]
          : [name, value],
      ),
    "typed text parts, lower case names": (fields) =>
      fields.map(([name, value, filename]): Field => [
        name.toLowerCase(),
        value,
        filename,
        "Content-Type: text/plain; charset=ISO-8859-1\r\nContent-Transfer-Encoding: 8bit",
      ]),
    "more fields than anyone asked for": (fields) => [
      ["policy", "x"],
      ["x-cos-meta-other", "y"],
      ...fields,
      ["submit", "Upload"],
    ],
  };
  for (const [what, order] of Object.entries(orders)) {
    const issued = await app.ticket(what);
    const answer = await app.post(issued.url, order(fieldsOf(issued, what, `content of ${what}`)));
    assert.equal(answer.status, 204, `${what}: ${answer.body.toString()}`);
    assert.equal((await fetched(app, what)).toString(), `content of ${what}`);
  }
});

test("odd names and empty files are files like any other", async () => {
  await using app = await openFileApp();
  const names = [
    "a",
    "a/b",
    "a//b",
    "a/",
    "..",
    "../x",
    "a/./b",
    " ",
    "100% ?#&.json",
    "导出 文件.json",
    "🛳️",
    "\\",
    "e\u0301",
  ];
  for (const name of names) {
    const answer = await app.put(name, "");
    assert.equal(answer.status, 204, `${name}: ${answer.body.toString()}`);
  }
  for (const name of names) {
    assert.equal((await indexed(app, name))?.size, 0, name);
    // As a client does it: through its URL parser.
    const address = new URL(await app.addressOf(name));
    assert.equal((await app.send("GET", address.pathname + address.search)).status, 200, name);
  }
});

test("a library that composes the characters of the URL, not those of the form, is understood", async () => {
  await using app = await openFileApp();
  const name = "re\u0301sume\u0301.json";
  const issued = await app.ticket(name);
  const url = issued.url.replace(
    encodeURIComponent(name),
    encodeURIComponent(name.normalize("NFC")),
  );
  assert.notEqual(url, issued.url);
  const answer = await app.post(url, fieldsOf(issued, name, "x"));
  assert.equal(answer.status, 204);
  assert.ok(await indexed(app, name));
});

test("answers with the status that the form asks for", async () => {
  await using app = await openFileApp();
  for (const [asked, status] of [
    ["200", 200],
    ["201", 201],
    ["204", 204],
    ["404", 204],
  ] as const) {
    const issued = await app.ticket("a&b.json");
    const answer = await app.post(issued.url, [
      ["success_action_status", asked],
      ...fieldsOf(issued, "a&b.json", "x"),
    ]);
    assert.equal(answer.status, status);
    assert.equal(answer.headers["etag"], '"9dd4e461268c8034f5c8564e155c67a6"');
    if (status !== 201) assert.equal(answer.body.length, 0);
    else {
      const text = answer.body.toString();
      assert.match(text, /^<\?xml [^>]*\?>\n<PostResponse>/);
      assert.match(
        text,
        /<Location>http:\/\/127\.0\.0\.1:\d+\/cos\/6d69-mine-1-\d{10}\/a%26b\.json<\/Location>/,
      );
      assert.match(text, /<Key>a&amp;b\.json<\/Key>/);
      assert.match(text, /<ETag>"9dd4e461268c8034f5c8564e155c67a6"<\/ETag>/);
    }
  }
});

test("the type is the form's, else the part's, else that of the name", async () => {
  await using app = await openFileApp();
  for (const [name, more, part, type] of [
    ["a.csv", [], undefined, "text/csv; charset=utf-8"],
    ["b.csv", [], "Content-Type: text/x-mine", "text/x-mine"],
    ["c.csv", [["Content-Type", "text/y-mine"]], "Content-Type: text/x-mine", "text/y-mine"],
  ] as const) {
    const issued = await app.ticket(name);
    const fields = fieldsOf(issued, name, "x").slice(0, 4);
    await app.post(issued.url, [...more, ...fields, ["file", "x", name, part] as Field]);
    assert.equal((await indexed(app, name))?.contentType, type);
  }
});

test("with any signed part changed, or left out, nothing is stored", async () => {
  await using app = await openFileApp();
  const issued = await app.ticket("a.json");
  const other = await app.ticket("b.json");
  const fields = fieldsOf(issued, "a.json", "x");
  const change = (name: string, value: string) =>
    fields.map((field): Field => (field[0] === name ? [name, value] : field));
  const later = issued.authorization.replaceAll(/;(\d+)/g, (_, to) => `;${Number(to) + 1}`);
  const moved = issued.authorization.replaceAll(
    /(\d{10});(\d+)/g,
    (_, from, to) => `${Number(from) + 9};${Number(to) + 9}`,
  );
  const changed: Record<string, readonly Field[]> = {
    "another key": change("key", "b.json"),
    "another key's signature": change("Signature", other.authorization),
    "another key's token": change("x-cos-security-token", other.token),
    "another key's file id": change("x-cos-meta-fileid", other.cos_file_id),
    "a later end": change("Signature", later),
    "a later beginning": change("Signature", moved),
    "no q-sign-time": change("Signature", issued.authorization.replace(/&q-sign-time=[^&]*/, "")),
    "a cut signature": change("Signature", issued.authorization.slice(0, -1)),
    "an empty signature": change("Signature", ""),
  };
  for (const name of ["Signature", "x-cos-security-token", "x-cos-meta-fileid"]) {
    changed[`no ${name}`] = fields.filter(([field]) => field !== name);
  }
  for (const [what, form] of Object.entries(changed)) {
    for (const order of [form, form.toReversed()]) {
      const answer = await app.post(issued.url, order);
      assert.equal(answer.status, 403, what);
      assert.match(answer.body.toString(), /<Code>SignatureDoesNotMatch<\/Code>/, what);
      assert.match(String(answer.headers["content-type"]), /^application\/xml/);
    }
  }
  const elsewhere = await app.post(other.url, fields);
  assert.equal(elsewhere.status, 403);
  const { mine } = app.accounts;
  await app.access.addEnvironment(mine.appId, "mine-2");
  const inOther = (await app.ask("/tcb/uploadfile", {
    env: "mine-2",
    path: "a.json",
  })) as unknown as typeof issued;
  assert.equal((await app.post(inOther.url, fields)).status, 403);
  assert.deepEqual(await app.objectIds(), []);
  assert.equal((await app.post(issued.url, fields)).status, 204);
});

test("a ticket is good for 900 seconds from its issue to the request, however long the file takes", async () => {
  await using app = await openFileApp();
  const issued = await app.ticket("a.json");
  app.clock.pass(899);
  const { headers, body } = formOf(fieldsOf(issued, "a.json", "x").toReversed());
  const slow = async function* () {
    yield body.subarray(0, 50);
    // By then the request has long come.
    await once(app.app.server, "slow-part-read");
    app.clock.pass(3600);
    yield body.subarray(50);
  };
  app.app.server.once("request", () => setImmediate(() => app.app.server.emit("slow-part-read")));
  assert.equal((await app.send("POST", issued.url, { headers, body: slow() })).status, 204);
  const late = await app.post(issued.url, fieldsOf(issued, "a.json", "y"));
  assert.equal(late.status, 403);
  assert.match(
    late.body.toString(),
    /<Code>AccessDenied<\/Code>\n\t<Message>The ticket has expired/,
  );
  assert.equal((await fetched(app, "a.json")).toString(), "x");
});

test("what is no form with a file is told so in COS's words", async () => {
  await using app = await openFileApp();
  const issued = await app.ticket("a.json");
  const fields = fieldsOf(issued, "a.json", "x");
  const { headers, body } = formOf(fields);
  const raw = (type: string | undefined, bytes: Uint8Array) =>
    app.send("POST", issued.url, {
      headers: type === undefined ? {} : { "content-type": type },
      body: bytes,
    });
  const answers = {
    "raw bytes": raw("application/octet-stream", Buffer.from("x")),
    "raw bytes without a type": raw(undefined, Buffer.from("x")),
    JSON: raw("application/json", Buffer.from('{"a":1}')),
    "broken JSON": raw("application/json", Buffer.from("{")),
    "an empty body": raw(undefined, Buffer.alloc(0)),
    "a type that is none": raw("multipart/form-data boundary", body),
    "no boundary": raw("multipart/form-data", body),
    "another boundary": raw("multipart/form-data; boundary=other", body),
    "a cut form": raw(headers["content-type"], body.subarray(0, -10)),
    "no file": app.post(issued.url, fields.slice(0, 4)),
    "no key": app.post(issued.url, fields.slice(1)),
    "two files": app.post(issued.url, [...fields, ["file", "y"]]),
    "an endless field": app.post(issued.url, [["other", "x".repeat(70_000)], ...fields]),
  };
  for (const [what, answering] of Object.entries(answers)) {
    const answer = await answering;
    assert.equal(answer.status, 400, what);
    assert.match(answer.body.toString(), /<Code>MalformedPOSTRequest<\/Code>/, what);
    assert.match(answer.body.toString(), /<RequestId>[0-9a-f-]{26}<\/RequestId>/, what);
  }
  const nowhere = await app.post(issued.url.replace("/6d69-", "/6d6a-"), fields);
  assert.equal(nowhere.status, 404);
  assert.match(nowhere.body.toString(), /<Code>NoSuchBucket<\/Code>/);
  assert.deepEqual(await app.objectIds(), []);
  assert.equal(await app.openFiles(), 0);
});

test("a client that goes in the middle leaves nothing", async () => {
  await using app = await openFileApp();
  const issued = await app.ticket("a.json");
  const { headers, body } = formOf(fieldsOf(issued, "a.json", randomBytes(300_000)));
  const socket = connect(app.port, "127.0.0.1");
  socket.on("error", () => undefined);
  const path = issued.url.replace(/^https?:\/\/[^/]*/, "");
  const head = [
    `POST ${path} HTTP/1.1`,
    "Host: x",
    `Content-Type: ${headers["content-type"]}`,
    `Content-Length: ${body.length}`,
    "",
    "",
  ];
  socket.write(head.join("\r\n"));
  socket.write(body.subarray(0, 200_000));
  await until(async () => (await app.openFiles()) === 1 && (await app.objectIds()).length === 1);
  assert.equal(await indexed(app, "a.json"), undefined);
  socket.destroy();
  await until(async () => (await app.objectIds()).length === 0);
  assert.equal(await app.openFiles(), 0);
  assert.equal(await indexed(app, "a.json"), undefined);
  assert.doesNotMatch(app.log.join(""), /request failed/);
});

test("a client that falls silent is given up", async () => {
  await using app = await openFileApp({ idleMs: 50 });
  const issued = await app.ticket("a.json");
  const { headers, body } = formOf(fieldsOf(issued, "a.json", randomBytes(100_000)));
  const silent = async function* () {
    yield body.subarray(0, 50_000);
    await once(app.app.server, "never");
  };
  await assert.rejects(
    app.send("POST", issued.url, { headers, body: silent() }),
    /hang up|ECONNRESET/,
  );
  await until(async () => (await app.objectIds()).length === 0);
  assert.equal(await app.openFiles(), 0);
});

test("a wrong ticket before a large file is refused without storing the file, and the answer arrives", async () => {
  await using app = await openFileApp();
  const issued = await app.ticket("a.json");
  const fields = fieldsOf({ ...issued, token: "x" }, "a.json", Buffer.alloc(8 * 1024 * 1024));
  const answer = await app.post(issued.url, fields);
  assert.equal(answer.status, 403);
  assert.deepEqual(await app.objectIds(), []);
});

test("a client that sends everything before it reads gets every answer, on one connection", async () => {
  await using app = await openFileApp();
  const issued = await app.ticket("a.json");
  const fields = fieldsOf(issued, "a.json", Buffer.alloc(24 * 1024 * 1024));
  const path = issued.url.replace(/^https?:\/\/[^/]*/, "");
  const wrong = fieldsOf({ ...issued, token: "x" }, "a.json", Buffer.alloc(24 * 1024 * 1024));
  const socket = connect(app.port, "127.0.0.1");
  socket.setEncoding("latin1");
  for (const form of [wrong, fields]) {
    const { headers, body } = formOf(form);
    const epilogue = Buffer.alloc(1024 * 1024, "what follows a form means nothing");
    const head = [
      `POST ${path} HTTP/1.1`,
      "Host: x",
      `Content-Type: ${headers["content-type"]}`,
      `Content-Length: ${body.length + epilogue.length}`,
    ];
    for (const bytes of [`${head.join("\r\n")}\r\n\r\n`, body, epilogue]) {
      if (!socket.write(bytes)) await once(socket, "drain");
    }
  }
  socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const answers = (await socket.toArray()).join("");
  assert.deepEqual(answers.match(/^HTTP\/1\.1 \d+/gm), [
    "HTTP/1.1 403",
    "HTTP/1.1 204",
    "HTTP/1.1 200",
  ]);
  assert.equal((await app.objectIds()).length, 1);
});

test("a new upload replaces the file, and a failed one does not", async () => {
  await using app = await openFileApp();
  await app.put("a.json", "one");
  const first = await indexed(app, "a.json");
  app.clock.pass(10);
  const issued = await app.ticket("a.json");
  await app.post(issued.url, fieldsOf({ ...issued, token: "x" }, "a.json", "bad"));
  assert.deepEqual(await indexed(app, "a.json"), first);
  await app.put("a.json", "two");
  assert.equal((await fetched(app, "a.json")).toString(), "two");
  assert.equal((await indexed(app, "a.json"))?.modifiedAt, app.clock.now);
});

test("a slow disk slows the client down: no more of a large file is in memory than a socket holds", async () => {
  await using app = await openFileApp();
  const issued = await app.ticket("big.bin");
  const size = 24 * 1024 * 1024;
  const { headers, body } = formOf(fieldsOf(issued, "big.bin", "CONTENT").toReversed());
  const at = body.indexOf("CONTENT");
  let [sent, taken, highest] = [0, 0, 0];
  const create = app.objects.create.bind(app.objects);
  app.objects.create = async (id) => {
    const writer = await create(id);
    const write = writer.write.bind(writer);
    writer.write = async (bytes) => {
      // Time for the client to run ahead, if it may.
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
      highest = Math.max(highest, sent - taken);
      taken += bytes.length;
      await write(bytes);
    };
    return writer;
  };
  const parts = async function* () {
    yield body.subarray(0, at);
    const piece = Buffer.alloc(256 * 1024, "0123456789\r\n--");
    for (; sent < size; sent += piece.length) yield piece;
    yield body.subarray(at + "CONTENT".length);
  };
  const answer = await app.send("POST", issued.url, { headers, body: parts() });
  assert.equal(answer.status, 204);
  assert.equal((await indexed(app, "big.bin"))?.size, size);
  assert.equal(taken, size);
  assert.ok(highest < size / 2, `${Math.round(highest / 1e6)} MB between the client and the disk`);
});

test("a full disk is said so, and leaves nothing", async () => {
  await using app = await openFileApp();
  const issued = await app.ticket("a.json");
  const create = app.objects.create.bind(app.objects);
  // The store's own full disk has its test; here it is what the client gets to see.
  app.objects.create = async (id) => {
    const writer = await create(id);
    writer.write = async () => {
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    };
    return writer;
  };
  const answer = await app.post(issued.url, fieldsOf(issued, "a.json", "x"));
  assert.equal(answer.status, 507);
  assert.match(
    answer.body.toString(),
    /<Code>ServiceUnavailable<\/Code>\n\t<Message>The disk is full/,
  );
  assert.deepEqual(await app.objectIds(), []);
});

function indexed(app: FileApp, name: string) {
  return app.store().files.get("mine-1", name);
}

async function fetched(app: FileApp, name: string): Promise<Buffer> {
  const answer = await app.send("GET", await app.addressOf(name));
  assert.equal(answer.status, 200);
  return answer.body;
}
