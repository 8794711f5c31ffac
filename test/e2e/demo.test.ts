import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { test } from "node:test";
import { Docferry } from "#client";
import { afterwards } from "../support/afterwards.ts";
import { Cli, ended } from "../support/cli.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";

test("the demo kills its service and loses nothing; kept, the service can be used and ended as it says", async (t) => {
  const folder = await tempFolder(t);
  const cli = new Cli(folder, { TMPDIR: folder });
  const { code, stdout, stderr } = await cli.run("demo", "--keep");
  const pid = Number(/^ {2}kill (\d+)$/m.exec(stdout)?.[1]);
  assert.ok(pid > 1, stdout + stderr);
  afterwards(t, () => endIfRunning(pid));
  assert.equal(code, 0, stdout + stderr);

  const answers = [...stdout.matchAll(/^ {4}(\{"(?:errcode|status)".*\})$/gm)].map(
    ([, text = ""]) => JSON.parse(text) as { status: string; record_success: number },
  );
  const whole = answers.findIndex(({ status }) => status === "success");
  const ofImport = answers.slice(0, whole + 1).map((answer) => answer.record_success);
  assert.ok(
    ofImport.every((count, index) => count >= (ofImport[index - 1] ?? 0)),
    "counts never go back, over the kill neither",
  );
  assert.match(stdout, /^kill -9 \d+: .* in the middle of job 1/m);
  assert.match(stdout, /^Line 84,549: .* \(json_unfinished\)$/m);
  assert.match(stdout, /^ {4}02101,Boston,42.370567$/m);
  const digests = [...stdout.matchAll(/^ {2}(docferry1:\d+:[0-9a-f]{32})$/gm)].map(([, x]) => x);
  assert.equal(digests.length, 2);
  assert.equal(digests[0], digests[1]);
  assert.equal(Number(digests[0]?.split(":")[1]) % 171_075, 0);

  const variable = (name: string) =>
    new RegExp(`^ {2}export DOCFERRY_${name}=(\\S+)$`, "m").exec(stdout)?.[1] ?? "";
  const client = new Docferry({
    server: variable("SERVER"),
    environment: variable("ENV_ID"),
    appId: variable("APP_ID"),
    secret: variable("APP_SECRET"),
  });
  const collections = await client.collections.list();
  const zipcodes = collections.find(({ name }) => name === "zipcodes");
  assert.equal(zipcodes?.count, 42_049);
  process.kill(pid, "SIGTERM");
  const data = /^ {2}its data and its log +(\S+)$/m.exec(stdout)?.[1] ?? "";
  await until(() => !existsSync(join(data, "data", "service.address")));
});

test("a demo that is interrupted leaves neither a process nor a file", async (t) => {
  const folder = await tempFolder(t);
  const cli = new Cli(folder, { TMPDIR: folder });
  const child = cli.start("demo");
  const end = ended(child);
  const lines = createInterface({ input: child.stdout as Readable });
  const [line] = (await once(lines, "line")) as [string];
  const address = /http:\S+(?=,)/.exec(line)?.[0] ?? "";
  assert.equal((await fetch(`${address}/healthz`)).status, 200);
  child.kill("SIGINT");
  const { code, stderr } = await end;
  assert.equal(code, 130);
  assert.match(stderr, /Stopped. Nothing stays behind.\n$/);
  await assert.rejects(fetch(`${address}/healthz`));
  assert.deepEqual(await readdir(folder), []);
});

function endIfRunning(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended as it was asked to.
  }
}
