import assert from "node:assert/strict";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { writeFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { bucketOf } from "../../src/http/files/file-id.ts";
import { Cli } from "../support/cli.ts";
import { cosHeaders } from "../support/cos.ts";
import { NativeService, nativeAccount } from "../support/native.ts";
import { temporaryFolder } from "../support/accounts.ts";

// A name of a file is a key, whichever way it comes: each name is the same name by all of them, or refused by all of them.

const { envId: env } = nativeAccount;

const names: [name: string, what: string][] = [
  ["a", "a name"],
  ["a/b", "one that has another name as its folder"],
  ["a/", "one that ends in a slash"],
  ["a//b", "two slashes"],
  [".", "a dot"],
  ["..", "two dots"],
  ["../../etc/passwd", "a way out"],
  ["a/../b", "a way up"],
  ["😀/👩‍👩‍👧.json", "emoji"],
  ["导出 文件.json", "Chinese and a blank"],
  ["e\u0301", "a letter and its accent"],
  ["\u00e9", "the same in one"],
  ["%2e%2e", "dots, encoded"],
  ["%00", "NUL, encoded"],
  ["a%2Fb", "a slash, encoded"],
  ["100%", "a percent sign"],
  ["a?b=c&d#e", "what means something in addresses"],
  ["a\\b", "a backslash"],
  ["a+b", "a plus"],
  ["a\tb\nc", "a tab and a line break"],
  ["a\r\nSet-Cookie: b=c\r\n\r\nd", "the end of a head"],
  ["\r", "a carriage return"],
  ["\u0001\u001b[2J\u001f\u007f", "control characters"],
  ["\u0085\u2028\u2029\ufeff", "line breaks of Unicode"],
  ["\u202egpj.json", "text that runs backwards"],
  ['"a"; filename="b"', "quotes"],
  ["con", "a name of a device"],
  ["x".repeat(512), "512 bytes"],
  ["é".repeat(256), "512 bytes in 256 characters"],
];

const refused: [name: string, what: string, why: RegExp][] = [
  ["x".repeat(513), "513 bytes", /has 513 bytes, more than 512/],
  [`${"é".repeat(256)}x`, "513 bytes in 257 characters", /has 513 bytes, more than 512/],
  ["a\0b", "a NUL", /has a NUL/],
  ["/a", "a slash in front", /begins with a slash/],
  [".docferry/jobs/1/x", "a place of docferry's own", /begins with .docferry/],
];

interface Answer {
  status: number;
  text: string;
}

/** Of the vendor's calls that are made here. */
interface WireAnswer {
  errcode: number;
  errmsg: string;
  job_id: number;
  url: string;
  authorization: string;
  token: string;
  cos_file_id: string;
}

/** Ways by which a file gets its name. Each answers what was refused, or null. */
interface Way {
  what: string;
  store: (name: string, content: string) => Promise<string | null>;
  cannot?: (name: string) => boolean;
}

describe("names of files", () => {
  let native: NativeService;
  let folder = "";
  let cli: Cli;
  before(async () => {
    native = await NativeService.start();
    folder = (await temporaryFolder()).path;
    cli = new Cli(folder, {
      DOCFERRY_SERVER: native.service.address,
      DOCFERRY_ENV_ID: env,
      DOCFERRY_APP_ID: nativeAccount.appId,
      DOCFERRY_APP_SECRET: nativeAccount.appSecret,
    });
  });
  after(() => native[Symbol.asyncDispose]());

  /** As it stands: a URL parser would walk up at `..`. */
  async function send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<Answer> {
    const { hostname, port } = new URL(native.service.address);
    const sent = request({ hostname, port, method, path, headers });
    sent.end(body);
    const [response] = (await Promise.race([
      new Promise((resolve) => sent.once("response", (answer) => resolve([answer]))),
      new Promise((_, reject) => sent.once("error", reject)),
    ])) as [IncomingMessage];
    return { status: response.statusCode ?? 0, text: (await buffer(response)).toString() };
  }

  const bearer = () => ({ authorization: `Bearer ${native.token}` });
  const nativePath = (name: string) => `/v1/environments/${env}/files/${encodeURIComponent(name)}`;

  async function wire(call: string, body: object): Promise<WireAnswer> {
    const path = `/tcb/${call}?access_token=${native.token}`;
    const { text } = await send("POST", path, {}, JSON.stringify({ env, ...body }));
    return JSON.parse(text) as WireAnswer;
  }

  async function ended(submitted: WireAnswer): Promise<string | null> {
    if (submitted.errcode !== 0) return `${submitted.errcode} ${submitted.errmsg}`;
    const { state, error } = await native.ended(submitted.job_id);
    assert.equal(state, "succeeded", JSON.stringify(error));
    return null;
  }

  function sendForm(ticket: WireAnswer, key: string, content: string): Promise<Answer> {
    const fields = {
      key,
      Signature: ticket.authorization,
      "x-cos-security-token": ticket.token,
      "x-cos-meta-fileid": ticket.cos_file_id,
      file: content,
    };
    const parts = Object.entries(fields).map(
      ([field, value]) =>
        `--edge\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
    );
    const { pathname, search } = new URL(ticket.url);
    const headers = { "content-type": "multipart/form-data; boundary=edge" };
    return send("POST", pathname + search, headers, `${parts.join("")}--edge--\r\n`);
  }

  const ways: Way[] = [
    {
      what: "PUT of our own API",
      store: async (name, content) => {
        const { status, text } = await send("PUT", nativePath(name), bearer(), content);
        return status === 201 || status === 200 ? null : `${status} ${text}`;
      },
    },
    {
      what: "uploadfile",
      store: async (name, content) => {
        const ticket = await wire("uploadfile", { path: name });
        if (ticket.errcode !== 0) return `${ticket.errcode} ${ticket.errmsg}`;
        const form = new FormData();
        form.append("key", name);
        form.append("Signature", ticket.authorization);
        form.append("x-cos-security-token", ticket.token);
        form.append("x-cos-meta-fileid", ticket.cos_file_id);
        form.append("file", new Blob([content]));
        const encoded = new Response(form);
        const { pathname, search } = new URL(ticket.url);
        const type = encoded.headers.get("content-type") ?? "";
        const { status, text } = await send(
          "POST",
          pathname + search,
          { "content-type": type },
          await encoded.text(),
        );
        return status === 204 ? null : `${status} ${text}`;
      },
      // Browsers and others write line breaks of fields in their own way (CR LF).
      cannot: (name) => /[\r\n]/.test(name),
    },
    {
      what: "uploadfile, by a form whose fields are the client's own bytes",
      store: async (name, content) => {
        const ticket = await wire("uploadfile", { path: name });
        if (ticket.errcode !== 0) return `${ticket.errcode} ${ticket.errmsg}`;
        const { status, text } = await sendForm(ticket, name, content);
        return status === 204 ? null : `${status} ${text}`;
      },
    },
    {
      what: "PUT to COS",
      store: async (name, content) => {
        const host = `${bucketOf(env)}.cos.ap-shanghai.tencentcos.cn`;
        const { secretId, secretKey } = nativeAccount;
        const signing = { secretId, secretKey, now: Date.now(), host };
        const headers = cosHeaders("PUT", name, {}, signing);
        const path = `/${encodeURIComponent(name)}`;
        const { status, text } = await send("PUT", path, headers, content);
        return status === 200 ? null : `${status} ${text}`;
      },
    },
    {
      what: "databasemigrateexport",
      store: async (name, content) => {
        await native.imported("one", content, { mode: "upsert" });
        return ended(
          await wire("databasemigrateexport", {
            file_path: name,
            file_type: 1,
            query: `db.collection("one").get()`,
          }),
        );
      },
    },
    {
      what: "the command line",
      store: async (name, content) => {
        await writeFile(join(folder, "local"), content);
        const run = await cli.run("files", "put", "--quiet", "local", "--", name);
        return run.code === 0 ? null : `${run.code} ${run.stderr}`;
      },
      // No process gets a NUL among its words. Dots alone are taken for a way by each parser of addresses that `fetch` has.
      cannot: (name) => name.includes("\0") || name === "." || name === "..",
    },
  ];

  let number = 0;
  for (const [name, what] of names) {
    test(`${what} is the same name by every way`, async () => {
      for (const way of ways.filter(({ cannot }) => !cannot?.(name))) {
        const content = `{"_id":1,"n":${++number}}\n`;
        assert.equal(await way.store(name, content), null, way.what);
        const got = await send("GET", nativePath(name), bearer());
        assert.deepEqual(got, { status: 200, text: content }, way.what);
      }
      const imported = await wire("databasemigrateimport", {
        collection_name: "in",
        file_path: name,
        file_type: 1,
        stop_on_error: false,
        conflict_mode: 2,
      });
      assert.equal(await ended(imported), null);
      const { text } = await send("GET", `/v1/environments/${env}/files?limit=1000`, bearer());
      const listed = (JSON.parse(text) as { items: { name: string }[] }).items;
      assert.equal(listed.filter((file) => file.name === name).length, 1);
    });
  }

  test("the command line says that dots alone are no name that it can send", async () => {
    for (const name of [".", ".."]) {
      const run = await cli.run("files", "put", "local", name);
      assert.equal(run.code, 2);
      assert.match(run.stderr, /It is no name of a file/);
    }
  });

  test("a line break that a client's form has rewritten makes another name, which the ticket does not allow", async () => {
    const ticket = await wire("uploadfile", { path: "p\nq" });
    const answer = await sendForm(ticket, "p\r\nq", "{}\n");
    assert.equal(answer.status, 403, answer.text);
    assert.match(answer.text, /<Code>SignatureDoesNotMatch</);
    for (const name of ["p\nq", "p\r\nq"]) {
      assert.equal((await send("GET", nativePath(name), bearer())).status, 404);
    }
  });

  test("a bucket's list tells names with line breaks apart", async () => {
    const host = `${bucketOf(env)}.cos.ap-shanghai.tencentcos.cn`;
    const { secretId, secretKey } = nativeAccount;
    const list = async () => {
      const headers = cosHeaders("GET", "", {}, { secretId, secretKey, now: Date.now(), host });
      return (await send("GET", "/", headers)).text;
    };
    for (const name of ["l\nm", "l\rm", "l\r\nm"]) {
      await send("PUT", nativePath(name), bearer(), "{}\n");
    }
    const text = await list();
    for (const key of ["l\nm", "l&#13;m", "l&#13;\nm"]) {
      assert.ok(text.includes(`<Key>${key}</Key>`), text);
    }
  });

  for (const [name, what, why] of refused) {
    test(`${what} is refused by every way, which says why`, async () => {
      for (const way of ways.filter(({ cannot }) => !cannot?.(name))) {
        assert.match((await way.store(name, "{}\n")) ?? "it is stored", why, way.what);
      }
      // It cannot be there, so it is not.
      const imported = await wire("databasemigrateimport", {
        collection_name: "in",
        file_path: name,
        file_type: 1,
        stop_on_error: false,
        conflict_mode: 2,
      });
      assert.match(`${imported.errcode} ${imported.errmsg}`, /^-503003 /);
      const { status } = await send("GET", nativePath(name), bearer());
      assert.ok(status === 400 || status === 404, String(status));
    });
  }
});
