import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { apiRoutes } from "../../src/http/api-routes.ts";
import { nativeAccount, NativeService } from "../support/native.ts";
import { tempFolder } from "../support/temp-folder.ts";

const guide = await readFile(new URL("../../docs/api.md", import.meta.url), "utf8");

test("the guide's table has every call, and no other", () => {
  const [, table = ""] = guide.split("## All calls");
  const told = [...table.matchAll(/^\| `(.*)` \| (.*) \|$/gm)].map(
    ([, call, does]) => `${call}: ${does}`,
  );
  const routes = apiRoutes({} as Parameters<typeof apiRoutes>[0]);
  assert.deepEqual(
    told,
    routes.map(({ method, path, summary }) => `${method} ${path}: ${summary}`),
  );
});

test("the guide's examples work as they stand, one after the other", async (t) => {
  if (spawnSync("curl", ["--version"]).status !== 0) return t.skip("no curl on this machine");
  await using api = await NativeService.start();
  const blocks = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block ?? "");
  assert.ok(blocks.length >= 8);
  const shell = spawn("sh", ["-eu", "-c", blocks.join('\necho "--- block"\n')], {
    cwd: await tempFolder(t),
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ADDRESS: api.service.address,
      APP: nativeAccount.appId,
      SECRET: nativeAccount.appSecret,
      ENV: nativeAccount.envId,
      OPERATOR_KEY: api.operatorKey,
    },
  });
  let output = "";
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const code = await new Promise((resolve) => shell.on("close", resolve));
  assert.equal(code, 0, output);
  assert.equal(output.split("--- block").length, blocks.length);
  assert.match(output, /event: state/);
  assert.match(output, /"code":"json_unfinished"/);
  assert.match(output, /\{"_id":1,"n":9007199254740993\}/);
  return undefined;
});
