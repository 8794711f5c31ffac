import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile, truncate, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { suite, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import {
  Docferry,
  DocferryAdmin,
  DocferryApiError,
  DocferryConnectionError,
  type ImportOrder,
  JobFailedError,
  NotDocferryError,
} from "../src/index.ts";
import { afterwards } from "../../../test/support/afterwards.ts";
import { account, TestService } from "../../../test/support/service.ts";
import { tempFolder } from "../../../test/support/temp-folder.ts";

const mib = 1024 * 1024;

function clientOf(server: string, changes: object = {}): Docferry {
  const { appId, secret, environment } = account;
  return new Docferry({ server, environment, appId, secret, ...changes });
}

/** Something that answers as it is told, and is no docferry. */
async function otherServer(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  afterwards(t, () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const order: ImportOrder = { type: "import", file: "p.json", collection: "p", format: "json" };
const problem = {
  type: "about:blank",
  title: "busy",
  status: 503,
  detail: "It is busy",
  code: "busy",
  hint: "",
  retryable: true,
  rid: "r",
};

suite("the client", () => {
  test("carries files of any name both ways, with ranges, conditions and pages", async (t) => {
    const service = await TestService.start(t, await tempFolder(t));
    const { files } = clientOf(service.address);
    const names = ["a", "a/b", "../x", "./x", "a/..", "张三 100%?.json", "a//b#c"];
    for (const name of names) {
      const stored = await files.put(name, `<${name}>`, { contentType: "text/plain" });
      assert.equal(stored.name, name);
      assert.equal(await new Response(await files.get(name)).text(), `<${name}>`);
    }
    const listed = await Array.fromAsync(files.list({ pageSize: 2 }));
    assert.deepEqual(listed.map(({ name }) => name).sort(), names.toSorted());
    const part = await files.get("a/b", { range: { from: 1, to: 3 } });
    assert.equal(await new Response(part).text(), "a/");
    const { size, md5, contentType } = await files.head("a/b");
    assert.deepEqual([size, contentType], [5, "text/plain"]);
    await assert.rejects(
      files.put("a/b", "other", { ifNew: true }),
      hasCode("precondition_failed"),
    );
    await files.put("a/b", "other", { ifMatch: md5 });
    await files.remove("a/b");
    await assert.rejects(files.get(".."), /"\.\." cannot be part of a URL's path/);
    await assert.rejects(files.get("a/b"), hasCode("file_not_found"));
    await assert.rejects(files.head("a/b"), hasCode("file_not_found"));
  });

  test("submits once with the same key, lists, watches, waits", async (t) => {
    const service = await TestService.start(t, await tempFolder(t));
    const { collections, files, jobs } = clientOf(service.address);
    await files.put("p.json", '{"_id":1}\n{"_id":2}\n');
    const job = await jobs.submit(order, { idempotencyKey: "k1" });
    assert.equal((await jobs.submit(order, { idempotencyKey: "k1" })).id, job.id);
    await assert.rejects(
      jobs.submit({ ...order, collection: "q" }, { idempotencyKey: "k1" }),
      hasCode("submit_key_used"),
    );
    const seen: number[] = [];
    const done = await job.wait({ onProgress: ({ progress }) => seen.push(progress.records) });
    assert.equal(done.result?.inserted, 2);
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    const [p] = await collections.list();
    assert.deepEqual([p?.name, p?.count, p?.size, p?.indexCount], ["p", 2, 28, 1]);
    const again = await jobs.submit(order);
    assert.equal((await again.wait()).result?.rejects, 2);
    const retried = await again.retryRejects();
    assert.equal((await retried.wait()).result?.rejects, 2);
    const all = await Array.fromAsync(jobs.list({ pageSize: 2 }));
    assert.deepEqual(
      all.map(({ id }) => id),
      [retried.id, again.id, job.id],
    );
  });

  test("makes, lists and drops collections of any name", async (t) => {
    const service = await TestService.start(t, await tempFolder(t));
    const { collections } = clientOf(service.address);
    const names = ["a/b", "with blank", "张三?#%", "中".repeat(40)];
    for (const name of names) {
      const made = await collections.create(name);
      assert.deepEqual([made.name, made.count, made.indexCount], [name, 0, 1]);
      assert.deepEqual(await collections.create(name), made);
    }
    assert.deepEqual((await collections.list()).map(({ name }) => name).sort(), names.toSorted());
    await assert.rejects(collections.create("a$b"), hasCode("invalid_collection_name"));
    for (const name of names) await collections.drop(name, { cancelJobs: true });
    assert.deepEqual(await collections.list(), []);
    await assert.rejects(collections.drop("a/b"), hasCode("collection_not_found"));
  });

  test("a job that fails is told by wait, unless failure is allowed", async (t) => {
    const service = await TestService.start(t, await tempFolder(t));
    const { files, jobs } = clientOf(service.address);
    await files.put("p.json", "{oops\n");
    const job = await jobs.submit({ ...order, stopOnError: true });
    await assert.rejects(job.wait(), (error) => {
      assert.ok(error instanceof JobFailedError);
      assert.match(error.message, /^Job \d+ failed: Stopped at the first record that failed$/);
      return true;
    });
    assert.equal((await job.wait({ allowFailure: true })).state, "failed");
  });

  test("who watches a job goes on behind the last event when the service was away", async (t) => {
    const folder = await tempFolder(t);
    let service = await TestService.start(t, folder);
    const { port } = new URL(service.address);
    const { files, jobs } = clientOf(service.address, {
      retry: { attempts: 100, longestDelayMs: 100 },
    });
    const records = Array.from({ length: 1_500_000 }, (_, n) => `{"n":${n}}\n`).join("");
    await files.put("p.json", records);
    const job = await jobs.submit(order);
    const counts: number[] = [];
    let last = "";
    let restarted = false;
    for await (const event of job.events()) {
      if (event.event === "progress") counts.push(event.data.records);
      if (event.event === "state") last = event.data.state;
      if (event.event === "progress" && !restarted && event.data.phase !== "ended") {
        restarted = true;
        await service.kill();
        service = await TestService.start(t, folder, { flags: ["--port", port] });
      }
    }
    assert.ok(restarted, "the service was never away");
    assert.equal(last, "succeeded");
    assert.equal(counts.at(-1), 1_500_000);
    assert.deepEqual(
      counts,
      [...new Set(counts)].toSorted((a, b) => a - b),
    );
  });

  test("a token that was refused is got anew", async (t) => {
    const service = await TestService.start(t, await tempFolder(t), {
      flags: ["--token-seconds", "2"],
    });
    const { jobs } = clientOf(service.address);
    assert.deepEqual(await Array.fromAsync(jobs.list()), []);
    await sleep(2100);
    assert.deepEqual(await Array.fromAsync(jobs.list()), []);
  });

  test("an abort ends a wait at once, with its own reason", async (t) => {
    const url = await otherServer(
      t,
      (_request, response) => void response.writeHead(200).write("x"),
    );
    const { jobs } = clientOf(url, { token: "t" });
    const controller = new AbortController();
    const waiting = jobs.at(1).wait({ signal: controller.signal });
    controller.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);
  });
});

suite("what goes wrong on the way", () => {
  const quick = { token: "t", retry: { attempts: 3, firstDelayMs: 1, longestDelayMs: 2 } };

  test("a service that is down is named", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.close();
    await once(server, "close");
    await assert.rejects(clientOf(address, quick).jobs.at(1).get(), (error) => {
      assert.ok(error instanceof DocferryConnectionError);
      assert.equal(error.message, `Cannot reach ${address}: nobody listens there`);
      return true;
    });
  });

  test("what answers HTML is no docferry", async (t) => {
    const url = await otherServer(t, (_request, response) => {
      response.writeHead(404, { "content-type": "text/html; charset=utf-8" }).end("<h1>nginx</h1>");
    });
    for (const call of [
      clientOf(url, quick).jobs.at(1).get(),
      clientOf(url).jobs.at(1).get(),
      new DocferryAdmin({ server: url, operatorKey: "k" }).apps(),
    ]) {
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof NotDocferryError);
        assert.match(error.message, /answers 404 with text\/html: it is no docferry service/);
        return true;
      });
    }
  });

  test("what may pass is tried again, and what may not be sent twice is not", async (t) => {
    const calls: string[] = [];
    const keys = new Set<string | undefined>();
    const url = await otherServer(t, (request, response) => {
      calls.push(`${request.method} ${request.url}`);
      keys.add(request.headers["idempotency-key"] as string | undefined);
      request.resume();
      if (calls.length % 3 !== 0) {
        response.writeHead(503, { "content-type": "application/problem+json" });
        response.end(JSON.stringify(problem));
      } else response.writeHead(200, { "content-type": "application/json" }).end('{"id":7}');
    });
    const client = clientOf(url, quick);
    assert.equal((await client.jobs.submit(order)).id, 7);
    assert.equal(calls.length, 3);
    assert.equal(keys.size, 1, "the same key with each attempt");
    await client.files.put("x", () => new Blob(["x"]).stream());
    assert.equal(calls.length, 6);
    await assert.rejects(client.files.put("x", new Blob(["x"]).stream()), hasCode("busy"));
    await assert.rejects(client.files.remove("x"), hasCode("busy"));
    assert.equal(calls.length, 8);
    const admin = new DocferryAdmin({ server: url, operatorKey: "k", retry: quick.retry });
    assert.deepEqual(await admin.addApp(), { id: 7 });
    await assert.rejects(admin.addApp(), hasCode("busy"));
  });
});

test("the operator's calls take effect at once", async (t) => {
  const folder = await tempFolder(t);
  const service = await TestService.start(t, folder);
  const operatorKey = (await readFile(join(folder, "operator.key"), "utf8")).trim();
  const admin = new DocferryAdmin({ server: service.address, operatorKey });
  const { id: appId, secret } = await admin.addApp();
  const { id: environment } = await admin.addEnvironment({ app: appId });
  const client = new Docferry({ server: service.address, environment, appId, secret });
  assert.deepEqual(await Array.fromAsync(client.jobs.list()), []);
  await admin.rotateSecret(appId);
  await assert.rejects(Array.fromAsync(client.jobs.list()), hasCode("40125"));
  const { secretId, apiKey } = await admin.addKey(appId);
  assert.deepEqual(await admin.keys(appId), [{ secretId, app: appId }]);
  const keyed = new Docferry({ server: service.address, environment, apiKey });
  assert.deepEqual(await Array.fromAsync(keyed.jobs.list()), []);
  await assert.rejects(keyed.wechat.databaseMigrateQueryInfo(1), /take no API key/);
  await admin.removeKey(appId, secretId);
  await assert.rejects(Array.fromAsync(keyed.jobs.list()), hasCode("api_key_unknown"));
  await admin.removeEnvironment(environment);
  assert.deepEqual(await admin.environments({ app: appId }), []);
  await admin.removeApp(appId);
  assert.deepEqual(
    (await admin.apps()).map(({ id }) => id),
    [account.appId],
  );
});

function hasCode(code: string) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof DocferryApiError, String(error));
    assert.equal(error.code, code);
    return true;
  };
}

for (const [how, upload] of [
  ["as a stream", 'client.files.put("large", () => blob.stream())'],
  ["by the vendor's call", 'client.wechat.uploadFile("large", blob)'],
] as const) {
  test(`an upload of 300 MB ${how} takes no memory for it`, async (t) => {
    const folder = await tempFolder(t);
    const service = await TestService.start(t, join(folder, "data"));
    const large = join(folder, "large");
    await writeFile(large, "");
    await truncate(large, 300 * mib);
    const script = join(folder, "upload.mjs");
    await writeFile(
      script,
      `import { openAsBlob } from "node:fs";
import { Docferry } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
const client = new Docferry(${JSON.stringify({ server: service.address, ...account })});
const blob = await openAsBlob(${JSON.stringify(large)});
await ${upload};
console.log(process.resourceUsage().maxRSS / 1024);
`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, [script]);
    t.diagnostic(`${Math.round(Number(stdout))} MiB`);
    assert.ok(Number(stdout) < 300, `${stdout} MiB`);
  });
}
