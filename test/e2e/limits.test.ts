import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Cli } from "../support/cli.ts";
import { account, TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";

type Answer = Record<string, unknown>;

const credentials = {
  grant_type: "client_credential",
  appid: account.appId,
  secret: account.secret,
};

/** A service, its operator's command line, and a caller with a token. */
async function open(t: TestContext) {
  const folder = await tempFolder(t);
  const data = join(folder, "data");
  const cli = new Cli(folder);
  let service = await TestService.start(t, data, { flags: ["--trust-proxy"] });
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(service.address + path, {
      method: "POST",
      headers,
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    return (await answer.json()) as Answer;
  };
  const token = String((await post("/cgi-bin/stable_token", credentials))["access_token"]);
  return {
    data,
    post,
    ask: (name: string, body: object) =>
      post(`/tcb/${name}?access_token=${token}`, { env: account.environment, ...body }),
    native: (method: string, path: string, body?: string) =>
      fetch(`${service.address}/v1/environments/${account.environment}/${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
        ...(body !== undefined && { body }),
      }),
    limit: async (what: "app" | "env", ...options: string[]): Promise<Answer> => {
      const id = what === "app" ? account.appId : account.environment;
      const words = [what, "limit", id, ...options, "--data", data, "--json"];
      const { code, stdout, stderr } = await cli.run(...words);
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout) as Answer;
    },
    restart: async () => {
      assert.equal(await service.stop(), 0);
      service = await TestService.start(t, data, { flags: ["--trust-proxy"] });
    },
  };
}

const job = (n: number) => ({ job_id: n });

test("requests beyond the limits are refused, in both APIs, until they are raised, and after a restart", async (t) => {
  const { ask, native, limit, restart } = await open(t);
  const set = await limit("env", "--requests-per-day", "2");
  assert.equal(set["requestsPerDay"], 2);
  assert.equal((await ask("databasemigratequeryinfo", job(1)))["errcode"], 40097);
  assert.equal((await native("GET", "jobs")).status, 200);
  const refused = await ask("databasemigratequeryinfo", job(1));
  assert.equal(refused["errcode"], 45009);
  assert.match(
    String(refused["errmsg"]),
    /^reach max api daily quota limit: environment test-4a89da may make 2 requests a day, .* rid: /,
  );
  const problem = await native("GET", "jobs");
  assert.equal(problem.status, 429);
  assert.ok(Number(problem.headers.get("retry-after")) > 0);
  assert.equal(((await problem.json()) as Answer)["code"], "day_limit");
  await restart();
  assert.equal((await ask("databasemigratequeryinfo", job(1)))["errcode"], 45009);
  assert.equal(((await limit("env"))["used"] as Answer)["requestsToday"], 2);
  await limit("env", "--requests-per-day", "none");
  assert.equal((await ask("databasemigratequeryinfo", job(1)))["errcode"], 40097);
  await limit("app", "--requests-per-minute", "0");
  const minute = await ask("databasemigratequeryinfo", job(1));
  assert.equal(minute["errcode"], 45011);
  assert.match(String(minute["errmsg"]), /^api minute-quota reach limit/);
});

test("jobs in flight and stored bytes have their codes, and rooms are counted over uploads and exports", async (t) => {
  const { ask, native, limit } = await open(t);
  const lines = Array.from({ length: 2_000 }, (_, n) => `{"_id":${n}}`).join("\n");
  const size = Buffer.byteLength(lines);
  assert.equal((await native("PUT", "files/in.json", lines)).status, 201);
  const order = {
    collection_name: "c",
    file_path: "in.json",
    file_type: 1,
    stop_on_error: false,
    conflict_mode: 2,
  };
  await limit("env", "--jobs", "0");
  const refused = await ask("databasemigrateimport", order);
  assert.equal(refused["errcode"], -501004);
  assert.match(String(refused["errmsg"]), /^concurrent request quota exceeded: environment/);
  const full = await native(
    "POST",
    "jobs",
    JSON.stringify({ type: "import", file: "in.json", collection: "c", format: "json" }),
  );
  assert.equal(full.status, 429);
  await limit("env", "--jobs", "none", "--stored-bytes", String(size + 1_000));
  const { job_id: id } = await ask("databasemigrateimport", order);
  await ended(ask, id);
  const over = await native("PUT", "files/more.json", "x".repeat(1_001));
  assert.equal(over.status, 507);
  assert.equal(((await over.json()) as Answer)["code"], "storage_limit");
  const query = { file_path: "out.json", file_type: 1, query: "db.collection('c').get()" };
  const exported = await ask("databasemigrateexport", query);
  const end = await ended(ask, exported["job_id"]);
  assert.equal(end["status"], "fail");
  assert.match(String(end["err_msg"]), /may store/);
  assert.equal(((await limit("env"))["used"] as Answer)["storedBytes"], size);
  assert.equal((await native("PUT", "files/more.json", "x".repeat(1_000))).status, 201);
  assert.equal((await ask("uploadfile", { path: "third" }))["errcode"], -501017);
  assert.equal((await ask("databasemigrateexport", query))["errcode"], -501017);
});

test("an address that is not in the app's list gets no token, and who shows wrong secrets is put off", async (t) => {
  const { post, ask, limit } = await open(t);
  await limit("app", "--addresses", "10.0.0.0/8, 2001:db8::/32");
  const from = (client: string, secret = account.secret) =>
    post("/cgi-bin/stable_token", { ...credentials, secret }, { "x-forwarded-for": client });
  const refused = await from("203.0.113.7");
  assert.equal(refused["errcode"], 40164);
  assert.match(String(refused["errmsg"]), /^invalid ip 203\.0\.113\.7, not in whitelist rid: /);
  assert.ok((await from("10.9.8.7"))["access_token"]);
  assert.ok((await from("2001:db8::7"))["access_token"]);
  assert.equal((await ask("databasemigratequeryinfo", job(1)))["errcode"], 40097);
  const codes = [];
  for (let n = 0; n < 30; n++) codes.push((await from("10.1.1.1", `guess ${n}`))["errcode"]);
  assert.ok(codes.includes(45011), String(codes));
  assert.ok((await from("10.1.1.1"))["access_token"], "the right owner gets in");
  await limit("app", "--addresses", "none");
  assert.ok((await from("203.0.113.7"))["access_token"]);
});

async function ended(
  ask: (name: string, body: object) => Promise<Answer>,
  id: unknown,
): Promise<Answer> {
  for (;;) {
    const info = await ask("databasemigratequeryinfo", { job_id: id });
    if (info["status"] === "success" || info["status"] === "fail") return info;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
