import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Docferry, DocferryApiError } from "#client";
import { afterwards } from "../support/afterwards.ts";
import { Cli } from "../support/cli.ts";
import { account, TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";

type Answer = Record<string, string>;

/** What a command that must succeed tells with --json. */
async function told<T = Answer>(cli: Cli, ...words: string[]): Promise<T> {
  const { code, stdout, stderr } = await cli.run(...words, "--data", "data", "--json");
  assert.equal(code, 0, `${words.join(" ")}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

suite("operator commands", () => {
  test("take effect at once in a service that runs", async (t) => {
    const folder = await tempFolder(t);
    const service = await TestService.start(t, join(folder, "data"));
    const cli = new Cli(folder);
    const app = await told(cli, "app", "add");
    const env = await told(cli, "env", "add", "--app", app["id"] ?? "", "--id", "mine-1");
    assert.deepEqual(env, { id: "mine-1", app: app["id"], platform: null, sharedWith: [] });
    const client = clientOf(service.address, app["id"], app["secret"]);
    assert.deepEqual(await Array.fromAsync(client.jobs.list()), []);
    const rotated = await told(cli, "app", "rotate", app["id"] ?? "");
    assert.notEqual(rotated["secret"], app["secret"]);
    await assert.rejects(Array.fromAsync(client.jobs.list()), DocferryApiError);
    const again = clientOf(service.address, app["id"], rotated["secret"]);
    assert.deepEqual(await Array.fromAsync(again.jobs.list()), []);
    const key = await told(cli, "key", "add", "--app", app["id"] ?? "");
    const place = ["--server", service.address, "--env", "mine-1", "--token", key["apiKey"] ?? ""];
    assert.equal((await cli.run("jobs", "list", ...place)).code, 0);
    await told(cli, "key", "remove", "--app", app["id"] ?? "", key["secretId"] ?? "");
    const refused = await cli.run("jobs", "list", ...place);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^docferry: The API key is not one of ours\nUse a key that docferry key add /,
    );
    await told(cli, "env", "remove", "mine-1");
    await assert.rejects(Array.fromAsync(again.jobs.list()), /has no environment "mine-1"/);
  });

  test("a platform's environment is shared with an app and taken back, also over a restart", async (t) => {
    const folder = await tempFolder(t);
    const service = await TestService.start(t, join(folder, "data"));
    const cli = new Cli(folder);
    await told(cli, "platform", "add", "--id", "wxplatform");
    const env = await told(cli, "env", "add", "--platform", "wxplatform", "--id", "shared-1");
    assert.deepEqual(env, { id: "shared-1", app: null, platform: "wxplatform", sharedWith: [] });
    const list = async (address: string) => {
      const { appId, secret } = account;
      const client = new Docferry({ server: address, environment: "shared-1", appId, secret });
      return client.collections.list();
    };
    await assert.rejects(list(service.address), /has no environment "shared-1"/);
    const pair = ["shared-1", "--app", account.appId];
    const shared = await told(cli, "env", "share", ...pair);
    assert.deepEqual(shared, { shared: "shared-1", app: account.appId });
    assert.deepEqual(await list(service.address), []);
    assert.match(
      (await cli.run("env", "list", "--platform", "wxplatform")).stdout,
      /^ID +APP +PLATFORM +SHARED WITH\nshared-1 +- +wxplatform +wx00000000test0001\n$/,
    );
    await service.stop();
    const again = await TestService.start(t, join(folder, "data"));
    assert.deepEqual(await list(again.address), []);
    await told(cli, "env", "unshare", ...pair);
    await assert.rejects(list(again.address), /has no environment "shared-1"/);
    await told(cli, "platform", "remove", "wxplatform");
    assert.deepEqual(await told(cli, "env", "list"), [
      { id: account.environment, app: account.appId, platform: null, sharedWith: [] },
    ]);
  });

  test("a platform is set up, gets tokens for an app, loses them when revoked, and goes", async (t) => {
    const folder = await tempFolder(t);
    const service = await TestService.start(t, join(folder, "data"));
    const cli = new Cli(folder);
    const id = "wxplatform";
    const added = await told(cli, "platform", "add", "--id", id, "--redirect-host", "a.example");
    const set = await told(cli, "platform", "ticket", "--id", id, "--set", "ticket@@@1");
    assert.equal(set["ticket"], "ticket@@@1");
    const post = async (path: string, body: object) => {
      const url = `${service.address}${path}`;
      const answer = await fetch(url, { method: "POST", body: JSON.stringify(body) });
      return (await answer.json()) as Answer;
    };
    const { component_access_token: component } = await post(
      "/cgi-bin/component/api_component_token",
      {
        component_appid: id,
        component_appsecret: added["secret"],
        component_verify_ticket: "ticket@@@1",
      },
    );
    const pair = ["--platform", id, "--app", account.appId];
    const granted = await told<Record<string, unknown>>(
      cli,
      "platform",
      "authorize",
      ...pair,
      "--sets",
      "49,18",
    );
    assert.deepEqual(granted["sets"], [18, 49]);
    const { authorizer_access_token: token } = await post(
      `/cgi-bin/component/api_authorizer_token?component_access_token=${component}`,
      {
        component_appid: id,
        authorizer_appid: account.appId,
        authorizer_refresh_token: granted["authorizer_refresh_token"],
      },
    );
    const list = async () =>
      (
        await post(`/tcb/databasecollectionget?access_token=${token}`, {
          env: account.environment,
          limit: 1,
          offset: 0,
        })
      )["errcode"];
    assert.equal(await list(), 0);
    const shown = (await cli.run("platform", "list", "--data", "data")).stdout;
    assert.match(
      shown,
      /^ID +APP +SETS +SINCE +REDIRECTS TO\nwxplatform +wx00000000test0001 +18,49 +\S+ +a\.example\n$/,
    );
    await told(cli, "platform", "authorize", ...pair, "--sets", "18");
    assert.equal(await list(), 61007, "new sets hold for tokens that are out");
    assert.deepEqual(await told(cli, "platform", "revoke", ...pair), {
      revoked: account.appId,
      platform: id,
    });
    assert.equal(await list(), 61003);
    const again = await cli.run("platform", "revoke", ...pair, "--data", "data");
    assert.equal(again.code, 1);
    assert.match(again.stderr, /^docferry: /);
    assert.deepEqual(await told(cli, "platform", "remove", id), { removed: id });
    assert.deepEqual(await told(cli, "platform", "list"), []);
  });

  test("do the same where no service runs, and a later service has it", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    await (await TestService.start(t, join(folder, "data"))).stop();
    const app = await told(cli, "app", "add", "--id", "wx2", "--secret", "s3cret");
    assert.deepEqual(app, { id: "wx2", secret: "s3cret" });
    await told(cli, "env", "add", "--app", "wx2", "--id", "mine-1");
    const key = await told(cli, "key", "add", "--app", "wx2", "--id", "AKID1");
    assert.equal(key["secretId"], "AKID1");
    assert.deepEqual(await told(cli, "key", "list", "--app", "wx2"), [
      { secretId: "AKID1", app: "wx2" },
    ]);
    await told(cli, "key", "remove", "--app", "wx2", "AKID1");
    assert.deepEqual(await told(cli, "env", "list", "--app", "wx2"), [
      { id: "mine-1", app: "wx2", platform: null, sharedWith: [] },
    ]);
    const service = await TestService.start(t, join(folder, "data"));
    const client = clientOf(service.address, "wx2", "s3cret");
    assert.deepEqual(await Array.fromAsync(client.jobs.list()), []);
    await service.stop();
    await told(cli, "app", "remove", "wx2", "--cancel-jobs");
    const apps = await told<{ id: string }[]>(cli, "app", "list");
    assert.deepEqual(
      apps.map(({ id }) => id),
      [account.appId],
    );
  });

  test("a removed environment is gone with its documents, and its jobs are a conflict before", async (t) => {
    const folder = await tempFolder(t);
    const service = await TestService.start(t, join(folder, "data"));
    const cli = new Cli(folder);
    const { appId, secret, environment } = account;
    const client = clientOf(service.address, appId, secret, environment);
    await client.files.put(
      "p.json",
      Array.from({ length: 2_000_000 }, (_, n) => `{"n":${n}}\n`).join(""),
    );
    await client.jobs.submit({ type: "import", file: "p.json", collection: "p", format: "json" });
    const refused = await cli.run("env", "remove", environment, "--data", "data");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /job/);
    await service.kill();
    await told(cli, "env", "remove", environment, "--cancel-jobs");
    assert.deepEqual(await readdir(join(folder, "data/environments")), []);
  });

  test("wrong words get one clear sentence", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    const nowhere = await cli.run("app", "list", "--data", "nowhere");
    assert.equal(nowhere.code, 1);
    assert.match(
      nowhere.stderr,
      /^docferry: There is no data folder .*nowhere: docferry serve --data nowhere makes one\n$/,
    );
    await (await TestService.start(t, join(folder, "data"))).stop();
    for (const [words, code, message] of [
      [["app", "rotate", "wx404"], 1, /wx404/],
      [["app", "add", "--id", account.appId], 1, /there is already|taken|wx00000000test0001/i],
      [["env", "add"], 2, /--app or --platform is missing/],
      [["env", "add", "--app", "a", "--platform", "b"], 2, /cannot be used with/],
      [["env", "share", account.environment, "--app", account.appId], 1, /only a platform shares/],
      [["env", "add", "--app", account.appId, "--id", "no blanks"], 1, /id/],
      [["key", "remove", "--app", account.appId, "AKID404"], 1, /has no Cloud API key "AKID404"/],
      [["app"], 2, /Usage: docferry app/],
    ] as const) {
      const run = await cli.run(...words, ...(words.length > 1 ? ["--data", "data"] : []));
      assert.equal(run.code, code, words.join(" "));
      assert.match(run.stderr, message, words.join(" "));
    }
  });
});

function clientOf(server: string, appId = "", secret = "", environment = "mine-1"): Docferry {
  return new Docferry({ server, environment, appId, secret });
}

interface Finding {
  subject: string;
  verdict: string;
  advice: string | null;
}

suite("docferry doctor", () => {
  const verdicts = (findings: Finding[], subject: string) =>
    findings.filter((finding) => finding.subject === subject).map(({ verdict }) => verdict);

  test("finds nothing on a machine and a folder that are well, with a service or without", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    const before = await cli.run("doctor", "--port", "0");
    assert.equal(before.code, 0, before.stdout);
    assert.match(before.stdout, /data is not there yet: docferry serve makes it/);
    assert.match(before.stdout, /Nothing stands in the way\.\n$/);
    const service = await TestService.start(t, join(folder, "data"));
    const { port } = new URL(service.address);
    const running = await cli.run("doctor", "--data", "data", "--port", port);
    assert.equal(running.code, 0, running.stdout);
    assert.match(running.stdout, new RegExp(`in use by ${service.address} \\(process \\d+\\)`));
    assert.match(running.stdout, /is this folder's service's/);
  });

  test("says what is bad and what to do", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    await (await TestService.start(t, join(folder, "data"))).stop();
    await chmod(join(folder, "data/operator.key"), 0o644);
    const later = new Date(Date.now() + 86_400_000);
    await utimes(join(folder, "data/store.sqlite"), later, later);
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    afterwards(t, () => server.close());
    const { port } = server.address() as AddressInfo;
    const run = await cli.run("doctor", "--port", String(port), "--json");
    assert.equal(run.code, 1);
    const findings = JSON.parse(run.stdout) as Finding[];
    assert.deepEqual(verdicts(findings, "keys"), ["bad"]);
    assert.deepEqual(verdicts(findings, "clock"), ["bad"]);
    assert.deepEqual(verdicts(findings, "port"), ["bad"]);
    for (const { verdict, advice } of findings) assert.equal(advice === null, verdict === "good");
    await writeFile(join(folder, "file"), "");
    const file = await cli.run("doctor", "--data", "file", "--port", "0");
    assert.match(file.stdout, /BAD +data folder +.*file is a file\n +→ Give a folder with --data/);
    const wrong = await cli.run("doctor", "--port", "http");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /--port .*http/);
  });
});

suite("shell completion", () => {
  test("bash completes commands and options, at every depth", async (t) => {
    const folder = await tempFolder(t);
    await mkdir(join(folder, "state"));
    const { stdout } = await new Cli(folder).run("completion", "bash");
    const complete = (...words: string[]) => {
      const script = `${stdout}\nCOMP_WORDS=(docferry "$@"); COMP_CWORD=$#; _docferry; echo "\${COMPREPLY[@]}"`;
      const run = spawnSync("bash", ["-c", script, "bash", ...words], { encoding: "utf8" });
      assert.equal(run.stderr, "");
      return run.stdout.trim();
    };
    assert.equal(complete("im"), "import");
    assert.equal(complete("jobs", "re"), "rejects retry");
    assert.equal(complete("import", "--upsertF"), "--upsertFields");
    assert.equal(complete("jobs", "list", "--st"), "--state");
    assert.equal(complete("import", "--uri"), "", "what is refused is not offered");
  });

  test("every command has a help with an example, and every option says what it does", async (t) => {
    const cli = new Cli(await tempFolder(t));
    const { docferryProgram } = await import("../../src/cli/program.ts");
    const program = await docferryProgram(() => true);
    const walk = (command: (typeof program.commands)[number], path: string[]): void => {
      for (const option of command.options.filter(({ hidden }) => !hidden))
        assert.notEqual(option.description, "", option.flags);
      assert.notEqual(command.description(), "", path.join(" "));
      for (const inner of command.commands) walk(inner, [...path, inner.name()]);
    };
    walk(program, ["docferry"]);
    for (const path of [
      ["import"],
      ["export"],
      ["jobs"],
      ["jobs", "watch"],
      ["files"],
      ["files", "put"],
      ["app"],
      ["env", "add"],
      ["key"],
      ["platform"],
      ["platform", "authorize"],
      ["doctor"],
      ["completion"],
      ["serve"],
      ["demo"],
    ]) {
      const { code, stdout } = await cli.run(...path, "--help");
      assert.equal(code, 0);
      assert.match(stdout, /\nExamples?:\n {2}docferry /, path.join(" "));
    }
  });

  test("docs/cli.md is what the commands say of themselves", () => {
    const script = fileURLToPath(new URL("../../scripts/cli-reference.mjs", import.meta.url));
    const run = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
  });
});
