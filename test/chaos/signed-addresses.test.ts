import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { downloadAddress } from "../../src/files/signed-url.ts";
import { bucketOf } from "../../src/http/files/file-id.ts";
import { cosHeaders } from "../support/cos.ts";
import { partsXml } from "../support/cos-app.ts";
import { type Answer, fieldsOf, openFileApp, type Ticket } from "../support/file-app.ts";

// Whatever is changed in an address that docferry signed, or in a signature that it checks: it is refused, and the refusal is
// the same whether the file is there or not.

type FileApp = Awaited<ReturnType<typeof openFileApp>>;

/** Two names of one length, of which the first is there. */
const [present, absent] = ["dir/there.json", "dir/where.json"] as const;

interface Change {
  at: number;
  kind: "replace" | "remove" | "insert";
  character: string;
}

/** One character of a text replaced, removed or put in. */
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom("replace" as const, "remove" as const, "insert" as const),
  character: fc.constantFrom(..."aZ09-_./&=;".split("")),
});

function changed(text: string, { at, kind, character }: Change): string {
  const place = at % (text.length || 1);
  const put = kind === "remove" ? "" : character;
  return text.slice(0, place) + put + text.slice(kind === "insert" ? place : place + 1);
}

/** What an answer says, without what differs from request to request and repeats its path. */
function said({ status, headers, body }: Answer): string {
  const text = body.toString().replace(/<(RequestId|TraceId|Resource)>[^<]*<\/\1>/g, "");
  return `${status} ${String(headers["content-type"])} ${text}`;
}

test("a download address with any part changed is refused, and does not tell whether its file is there", async () => {
  await using app = await openFileApp();
  const { appId } = app.accounts.mine;
  const caller = { kind: "app", appId } as const;
  await app.access.platforms.add({ platformId: "wxp" });
  await app.access.reach.add({ kind: "platform", id: "wxp" }, "shared-1");
  await app.access.reach.share("shared-1", appId);
  for (const environment of ["mine-1", "shared-1"]) {
    const issued = await app.ask("/tcb/uploadfile", { env: environment, path: present });
    const { url } = issued as unknown as Ticket;
    const stored = await app.post(url, fieldsOf(issued as unknown as Ticket, present, "content"));
    assert.equal(stored.status, 204);
    const { key, sharedWith } = app.access.addressKeyFor(caller, environment);
    const expiresAt = Math.floor(app.clock.now / 1000) + 60;
    await changeAddress(app, (name) =>
      downloadAddress("", { environment, name, expiresAt, saveAs: "x.json", sharedWith }, key),
    );
  }
});

async function changeAddress(app: FileApp, address: (name: string) => string): Promise<void> {
  assert.equal((await app.send("GET", address(present))).status, 200);
  assert.equal((await app.send("GET", address(absent))).status, 404);
  const parts = {
    environment: /(?<=^\/download\/)[^/]+/,
    name: /(?<=^\/download\/[^/]+\/)[^?]+/,
    sign: /(?<=sign=)[^&]*/,
    time: /(?<=&t=)[^&]*/,
    "name to save under": /(?<=&filename=)[^&]*/,
    ...(address(present).includes("&shared=") && { "who has it": /(?<=&shared=)[^&]*/ }),
    query: /(?<=\?).*/,
  };
  for (const [part, place] of Object.entries(parts)) {
    await fc.assert(
      fc.asyncProperty(change, fc.constantFrom("GET", "HEAD"), async (how, method) => {
        const [one, other] = [present, absent].map((name) => {
          const whole = address(name);
          const start = whole.search(place);
          const [text = ""] = place.exec(whole) ?? [];
          const url = whole.slice(0, start) + changed(text, how) + whole.slice(start + text.length);
          fc.pre(meaning(url) !== meaning(whole));
          return { name, url };
        });
        const answers = await Promise.all(
          [one, other].map((each) => app.send(method, each?.url ?? "")),
        );
        // Without an environment it is no address at all.
        const status = one?.url.startsWith("/download//") ? 404 : 403;
        for (const answer of answers) assert.equal(answer.status, status, `${part}: ${one?.url}`);
        assert.equal(said(answers[0] as Answer), said(answers[1] as Answer));
      }),
      { numRuns: 40 },
    );
  }
}

/** What an address says: a parameter that nobody reads, or an empty one, says nothing. */
function meaning(url: string): string {
  const [path, query = ""] = url.split("?");
  const parameters = new URLSearchParams(query);
  return JSON.stringify([
    path,
    ["sign", "t", "filename", "shared"].map((name) => parameters.get(name)),
  ]);
}

test("an upload ticket with any part changed stores nothing, and does not tell whether its file is there", async () => {
  await using app = await openFileApp();
  await app.put(present, "content");
  const before = await app.objectIds();
  const tickets = { [present]: await app.ticket(present), [absent]: await app.ticket(absent) };
  const parts = ["path", "key", "Signature", "x-cos-security-token", "x-cos-meta-fileid"];
  for (const part of parts) {
    await fc.assert(
      fc.asyncProperty(change, async (how) => {
        const sent = ([present, absent] as const).map(async (name) => {
          const issued = tickets[name];
          const path = issued.url.replace(/^https?:\/\/[^/]*/, "");
          const at = path.indexOf("dir");
          const fields = fieldsOf(issued, name, "other");
          if (part === "path") {
            const next = changed(path.slice(at), how);
            fc.pre(next !== path.slice(at));
            return app.post(path.slice(0, at) + next, fields);
          }
          const form = fields.map((field) => {
            const [label, value] = field;
            if (label !== part) return field;
            const next = changed(String(value), how);
            fc.pre(next !== value);
            return [label, next] as const;
          });
          return app.post(path, form);
        });
        const [one, other] = (await Promise.all(sent)) as [Answer, Answer];
        assert.equal(one.status, 403, `${part}: ${one.body.toString()}`);
        assert.equal(said(one), said(other));
      }),
      { numRuns: 30 },
    );
  }
  assert.deepEqual(await app.objectIds(), before);
});

test("a COS authorization with any part changed opens nothing, and does not tell whether its file is there", async () => {
  await using app = await openFileApp();
  await app.put(present, "content");
  const { mine } = app.accounts;
  await app.access.addEnvironment(mine.appId, "mine-2");
  const lasting = await app.access.addCloudKey(mine.appId);
  const temporary = app.access.temporaryKey({ kind: "app", appId: mine.appId }, 600);
  const host = `${bucketOf("mine-1")}.cos.ap-shanghai.myqcloud.com`;
  for (const key of [lasting, temporary]) {
    const signing = { ...key, now: app.clock.now, host };
    const signed = (name: string) => cosHeaders("GET", name, {}, signing);
    const ask = (
      name: string,
      headers: Record<string, string>,
      method = "GET",
      path = `/${name}`,
    ) => app.send(method, path, { headers });
    assert.equal((await ask(present, signed(present))).status, 200);
    assert.equal((await ask(absent, signed(absent))).status, 404);
    const headers = ["authorization", ...("token" in key ? ["x-cos-security-token"] : [])];
    for (const header of headers) {
      await fc.assert(
        fc.asyncProperty(change, async (how) => {
          const sent = ([present, absent] as const).map(async (name) => {
            const all = signed(name);
            const next = changed(all[header] ?? "", how);
            fc.pre(next !== all[header]);
            return ask(name, { ...all, [header]: next });
          });
          const [one, other] = (await Promise.all(sent)) as [Answer, Answer];
          assert.ok([401, 403].includes(one.status), `${header}: ${one.body.toString()}`);
          assert.equal(said(one), said(other));
        }),
        { numRuns: 60 },
      );
    }
    const others: Record<string, (name: string) => Promise<Answer>> = {
      "another host": (name) =>
        ask(name, {
          ...signed(name),
          host: `${bucketOf("mine-2")}.cos.ap-shanghai.myqcloud.com`,
        }),
      "another method": (name) => ask(name, signed(name), "DELETE"),
      "another name": (name) => ask(name, signed(name), "GET", `/${name}x`),
      "a parameter more": (name) => ask(name, signed(name), "GET", `/${name}?uploadId=x`),
    };
    for (const [what, send] of Object.entries(others)) {
      const [one, other] = [await send(present), await send(absent)];
      assert.ok([401, 403].includes(one.status), `${what}: ${one.status}`);
      assert.equal(said(one), said(other), what);
    }
  }
});

test("what was given out for an environment opens nothing of one that is added again under its id", async () => {
  await using app = await openFileApp();
  const { mine } = app.accounts;
  await app.put("a.json", "old");
  const [address, issued] = [await app.addressOf("a.json"), await app.ticket("b.json")];
  await app.access.removeEnvironment("mine-1", async () => {});
  const code = (answer: Answer) =>
    `${answer.status} ${/<Code>\w+/.exec(answer.body.toString())?.[0]}`;
  const fields = fieldsOf(issued, "b.json", "x");
  assert.equal(code(await app.send("GET", address)), "403 <Code>SignatureDoesNotMatch");
  assert.equal(code(await app.post(issued.url, fields)), "404 <Code>NoSuchBucket");
  app.clock.now++;
  await app.access.addEnvironment(mine.appId, "mine-1");
  await app.put("a.json", "new");
  assert.equal(code(await app.send("GET", address)), "403 <Code>SignatureDoesNotMatch");
  assert.equal(code(await app.post(issued.url, fields)), "403 <Code>SignatureDoesNotMatch");
  assert.equal((await app.send("GET", await app.addressOf("a.json"))).body.toString(), "new");
});

/** Ways to send or copy bytes into an environment; each is prepared first, and then begun. */
const uploads: Record<
  string,
  (to: { app: FileApp; cos: CosSend; env: string }) => Promise<() => Promise<Answer>>
> = {
  "a form": async ({ app, env }) => {
    const issued = await ticketTo(app, env, "a.json");
    return () => app.post(issued.url, fieldsOf(issued, "a.json", "x"));
  },
  "PUT of our own API":
    async ({ app, env }) =>
    () =>
      app.send("PUT", `/v1/environments/${env}/files/a.json`, {
        headers: { authorization: `Bearer ${app.token}` },
        body: Buffer.from("x"),
      }),
  "PUT of COS":
    async ({ cos }) =>
    () =>
      cos("PUT", "a.json", {}, "x"),
  "a copy": async ({ app, cos, env }) => {
    const issued = await ticketTo(app, env, "source");
    await app.post(issued.url, fieldsOf(issued, "source", "x"));
    const source = `${bucketOf(env)}.cos.x.myqcloud.com/source`;
    return () => cos("PUT", "a.json", {}, "", { "x-cos-copy-source": source });
  },
  "the start of an upload in parts":
    async ({ cos }) =>
    () =>
      cos("POST", "a.json", { uploads: "" }),
  "a part": async ({ cos }) => {
    const uploadId = await startedUpload(cos);
    return () => cos("PUT", "a.json", { partNumber: "1", uploadId }, "x");
  },
  "the end of an upload in parts": async ({ cos }) => {
    const uploadId = await startedUpload(cos);
    const part = await cos("PUT", "a.json", { partNumber: "1", uploadId }, "x");
    const list = partsXml([[1, String(part.headers["etag"])]]);
    return () => cos("POST", "a.json", { uploadId }, list);
  },
};

type CosSend = (
  method: string,
  name: string,
  query?: Record<string, string>,
  body?: string,
  more?: Record<string, string>,
) => Promise<Answer>;

async function startedUpload(cos: CosSend): Promise<string> {
  const { body } = await cos("POST", "a.json", { uploads: "" });
  return /<UploadId>(\w+)</.exec(body.toString())?.[1] ?? assert.fail(body.toString());
}

async function ticketTo(app: FileApp, env: string, path: string): Promise<Ticket> {
  return (await app.ask("/tcb/uploadfile", { env, path })) as unknown as Ticket;
}

/** By the environment that it happens to. */
const meanwhile: Record<string, { what: string; happens: (app: FileApp) => Promise<void> }> = {
  "mine-1": {
    what: "was removed and added again",
    async happens({ access, accounts, clock }) {
      await access.removeEnvironment("mine-1", async () => {});
      clock.now++;
      await access.addEnvironment(accounts.mine.appId, "mine-1");
    },
  },
  "shared-1": {
    what: "was shared with its sender no more",
    async happens({ access, accounts }) {
      await access.reach.unshare("shared-1", accounts.mine.appId);
    },
  },
};

const cases = Object.entries(meanwhile).flatMap(([env, event]) =>
  Object.entries(uploads).map(([kind, prepare]) => ({ env, kind, prepare, ...event })),
);

for (const { env, kind, prepare, what, happens } of cases) {
  test(`${kind} that was under way while its environment ${what} leaves nothing there`, async () => {
    await using app: FileApp = await openFileApp();
    const { mine } = app.accounts;
    await app.access.platforms.add({ platformId: "wxp" });
    await app.access.reach.add({ kind: "platform", id: "wxp" }, "shared-1");
    await app.access.reach.share("shared-1", mine.appId);
    const key = await app.access.addCloudKey(mine.appId);
    const cos: CosSend = (method, name, query = {}, body = "", more = {}) => {
      const host = `${bucketOf(env)}.cos.ap-shanghai.myqcloud.com`;
      const signing = { ...key, now: app.clock.now, host, headers: ["host", ...Object.keys(more)] };
      const headers = cosHeaders(method, name, query, signing, more);
      const search = new URLSearchParams(query).toString();
      return app.send(method, `/${name}?${search}`, { headers, body: Buffer.from(body) });
    };
    const begin = await prepare({ app, cos, env });
    const names = async () =>
      (await app.store().files.list({ environment: env, prefix: "", after: null, limit: 99 })).map(
        ({ name }) => name,
      );
    const before = await names();
    let times = 0;
    // What joins pieces finishes by a writer, too.
    const create = app.objects.create.bind(app.objects);
    app.objects.create = async (id) => {
      const writer = await create(id);
      const finish = writer.finish.bind(writer);
      writer.finish = async () => {
        const done = await finish();
        await happens(app);
        times++;
        return done;
      };
      return writer;
    };
    const answer = await begin();
    assert.equal(times, 1, "it was under way");
    assert.equal(answer.status, kind === "a form" ? 403 : 404, answer.body.toString());
    assert.deepEqual(await names(), before);
  });
}
