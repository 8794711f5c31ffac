import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { afterwards } from "../support/afterwards.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { account, finalStatus, TestService } from "../support/service.ts";

test("a data folder in use is refused, with the process that uses it", async (t) => {
  const folder = await tempFolder(t);
  const first = await TestService.start(t, folder);
  await assert.rejects(
    TestService.start(t, folder),
    new RegExp(`in use by another docferry \\(process ${first.child.pid}\\)[^]*Stop the other`),
  );
  // The refused start has done the first one no harm.
  await first.client();
});

test("a data folder left by a killed process is taken over at once", async (t) => {
  const folder = await tempFolder(t);
  await (await TestService.start(t, folder)).kill();
  const began = performance.now();
  await TestService.start(t, folder);
  assert.ok(performance.now() - began < 10_000);
});

test("SIGTERM drains: the running import commits, gives its lease back, and goes on after a start", async (t) => {
  const folder = await tempFolder(t);
  const first = await TestService.start(t, folder);
  const client = await first.client();
  const lines = Array.from(
    { length: 200_000 },
    (_, n) => `{"_id":${n},"text":"${"x".repeat(80)}"}`,
  );
  await client.upload("f", new Blob([lines.join("\n")]));
  const job = await client.submit("databasemigrateimport", {
    collection_name: "c",
    file_path: "f",
    file_type: 1,
    conflict_mode: 1,
  });
  while ((await client.status(job)).record_success === 0);
  const began = performance.now();
  assert.equal(await first.stop(), 0);
  assert.ok(performance.now() - began < 10_000, "drained within 10 s");
  const second = await TestService.start(t, folder);
  assert.doesNotMatch(second.log, /taking over/, "the lease was given back");
  const done = await finalStatus(await second.client(), job);
  assert.deepEqual([done.status, done.record_success], ["success", 200_000]);
});

test("an old folder must have the named secret", async (t) => {
  const folder = await tempFolder(t);
  await (await TestService.start(t, folder)).stop();
  const variables = { DOCFERRY_APP_SECRET: "another" };
  await assert.rejects(TestService.start(t, folder, { variables }), /another secret.*app rotate/);
});

test("a store that a newer docferry wrote is refused and left as it is", async (t) => {
  const folder = await tempFolder(t);
  await (await TestService.start(t, folder)).stop();
  const store = new DatabaseSync(join(folder, "store.sqlite"));
  store.exec("PRAGMA user_version=9999");
  store.close();
  await assert.rejects(
    TestService.start(t, folder),
    /store\.sqlite has schema version 9999[^]*Start the docferry version that wrote/,
  );
});

test("each wrong setting is named with where it came from", async (t) => {
  const folder = await tempFolder(t);
  const refused = (flags: string[], message: RegExp, variables: Record<string, string> = {}) =>
    assert.rejects(TestService.start(t, folder, { flags, variables }), message);
  await refused(["--port", "99999"], /--port must be <= 65535, but is "99999"/);
  await refused([], /DOCFERRY_TOKEN_SECONDS must be integer, but is "soon"/, {
    DOCFERRY_TOKEN_SECONDS: "soon",
  });
  await refused(["--locale", "fr"], /--locale must be one of en, zh, but is "fr"/);
  await refused(["--tls-cert", "cert.pem"], /--tls-cert and --tls-key go together/);
  await refused(["--prot", "1"], /unknown option '--prot'[^]*Did you mean --port/);
  await refused(["--config", join(folder, "none.json")], /Config file .*none\.json: ENOENT/);
});

test("keys and the folder are for their owner only", async (t) => {
  const folder = join(await tempFolder(t), "data");
  await TestService.start(t, folder);
  assert.equal((await stat(join(folder, "server.key"))).mode & 0o777, 0o600);
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
});

test("health is told, and the log has one line a request without token or secret", async (t) => {
  const service = await TestService.start(t, await tempFolder(t));
  assert.equal((await fetch(`${service.address}/healthz`)).status, 200);
  assert.equal((await fetch(`${service.address}/readyz`)).status, 200);
  const client = await service.client();
  const query = `grant_type=client_credential&appid=${account.appId}&secret=${account.secret}`;
  const answer = await (await fetch(`${service.address}/cgi-bin/token?${query}`)).json();
  const { access_token: token } = answer as { access_token: string };
  await client.status(7).catch(() => undefined);
  await fetch(`${service.address}/tcb/uploadfile?access_token=${token}`, {
    method: "POST",
    body: JSON.stringify({ env: account.environment, path: "x" }),
  });
  await service.stop();
  const lines = service.log
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { path?: string; rid?: string; msg: string });
  const requests = lines.filter(({ msg }) => msg === "request");
  assert.deepEqual(
    // What the client asks to log in stands before.
    requests.map(({ path }) => path).slice(-3),
    ["/cgi-bin/token", "/tcb/databasemigratequeryinfo", "/tcb/uploadfile"],
  );
  assert.ok(requests.every(({ rid }) => /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/.test(rid ?? "")));
  assert.ok(!service.log.includes(account.secret));
  assert.ok(!service.log.includes(token));
});

test("a service that npm started drains when npm goes", async (t) => {
  const folder = await tempFolder(t);
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const npm = spawn("npm", ["start", "--", "--data", join(folder, "data"), "--port", "0"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  afterwards(t, () => npm.kill("SIGKILL"));
  let address = "";
  for await (const line of createInterface({ input: npm.stdout })) {
    address = /^docferry listening on (\S+)$/.exec(line)?.[1] ?? "";
    if (address) break;
  }
  const pid = Number(await readFile(join(folder, "data", "lock.pid"), "utf8"));
  assert.equal((await fetch(`${address}/healthz`)).status, 200);
  if (process.platform === "linux") {
    const variables = (await readFile(`/proc/${pid}/environ`, "latin1")).split("\0");
    assert.ok(variables.includes("MALLOC_ARENA_MAX=1"), "memory is kept within its limits");
  }
  npm.kill("SIGTERM");
  await once(npm, "exit");
  for (let tries = 0; tries < 100; tries++) {
    if (!isAlive(pid)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  process.kill(pid, "SIGKILL");
  assert.fail("the service lives on without npm");
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("TLS ends in the service", async (t) => {
  const folder = await tempFolder(t);
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  await mkdir(join(folder, "data"));
  const openssl = spawn(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=localhost",
      "-addext",
      "subjectAltName=IP:127.0.0.1",
      "-keyout",
      key,
      "-out",
      cert,
    ],
    { stdio: "ignore" },
  );
  openssl.on("error", () => undefined);
  const [code] = (await Promise.race([
    once(openssl, "exit"),
    once(openssl, "error").then(() => [-1]),
  ])) as [number];
  if (code !== 0) return t.skip("no openssl on this machine to make a certificate with");
  const service = await TestService.start(t, join(folder, "data"), {
    flags: ["--tls-cert", cert, "--tls-key", key],
  });
  assert.match(service.address, /^https:/);
  const child = spawn(
    process.execPath,
    [
      "-e",
      `fetch("${service.address}/healthz").then((r) => process.exit(r.status === 200 ? 0 : 1), () => process.exit(2))`,
    ],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: cert } },
  );
  const [status] = (await once(child, "exit")) as [number];
  assert.equal(status, 0);
});
