import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { before, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DocferryAdmin } from "../src/index.ts";
import { afterwards } from "../../../test/support/afterwards.ts";
import { openBrowser } from "../../../test/support/browser.ts";
import { account, TestService } from "../../../test/support/service.ts";
import { temporaryFolder } from "../../../test/support/accounts.ts";
import { tempFolder } from "../../../test/support/temp-folder.ts";
import { bun, chromium, deno } from "../../../test/support/tools.ts";

const run = promisify(execFile);

/** The package as it is published. */
let built = "";
before(async () => {
  built = (await temporaryFolder()).path;
  const tsc = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url));
  const config = fileURLToPath(new URL("../tsconfig.build.json", import.meta.url));
  await run(process.execPath, [tsc, "-p", config, "--outDir", built]);
  await writeFile(join(built, "package.json"), '{"type":"module"}');
});

const roundTripFile = fileURLToPath(new URL("round-trip.js", import.meta.url));

const expected = {
  inserted: 2,
  rejects: [{ line: 3, code: "json_unfinished" }],
  lastEvent: "state",
  out: '{"_id":1,"n":9007199254740993}\n{"_id":2,"name":"张三"}\n',
  size: 57,
  md5Length: 32,
  missing: "file_not_found",
};

/** Runs in a process of another JavaScript, which gets a file to run and its words. */
async function inProcess(t: TestContext, name: string, command: (file: string) => string[]) {
  const folder = await tempFolder(t);
  const service = await TestService.start(t, join(folder, "data"));
  const file = join(folder, "run.mjs");
  const options = { server: service.address, ...account };
  await writeFile(
    file,
    `import * as client from ${JSON.stringify(join(built, "index.js"))};
import { roundTrip } from ${JSON.stringify(roundTripFile)};
const told = await roundTrip(client, ${JSON.stringify(options)}, ${JSON.stringify({ name, streams: true })});
console.log(JSON.stringify(told));
`,
  );
  const [program = "", ...words] = command(file);
  const { stdout } = await run(program, words, { cwd: folder });
  assert.deepEqual(JSON.parse(stdout), expected);
}

test("the built package works in Node", (t) =>
  inProcess(t, "in_node", (file) => [process.execPath, file]));

test(
  "the built package works in Deno, with no permission but the net",
  { skip: deno.missing },
  (t) => inProcess(t, "in_deno", (file) => [deno.path, "run", "--no-prompt", "--allow-net", file]),
);

test("the built package works in Bun", { skip: bun.missing }, (t) =>
  inProcess(t, "in_bun", (file) => [bun.path, "run", file]),
);

test(
  "the built package works in a page of another origin that the service was told of, and in no other",
  { skip: chromium.missing },
  async (t) => {
    const folder = await tempFolder(t);
    const page = await pageServer(t);
    const flags = ["--cors-origins", `https://elsewhere.example,${page}`];
    const service = await TestService.start(t, join(folder, "data"), { flags });
    const operatorKey = (await readFile(join(folder, "data", "operator.key"), "utf8")).trim();
    const admin = new DocferryAdmin({ server: service.address, operatorKey });
    const { apiKey } = await admin.addKey(account.appId);
    const { environment } = account;
    const options = { server: service.address, environment, apiKey };
    const browser = await openBrowser();
    afterwards(t, () => browser.close());
    assert.deepEqual(await inPage(browser, page, options), expected);
    const other = await inPage(browser, page.replace("127.0.0.1", "localhost"), options);
    assert.match(String(other), /Cannot reach http:.*Failed to fetch/);
  },
);

async function inPage(
  browser: Awaited<ReturnType<typeof openBrowser>>,
  address: string,
  options: object,
): Promise<unknown> {
  const page = await browser.newPage();
  await page.goto(address);
  const words = [options, { name: "in_browser", streams: false }]
    .map((word) => JSON.stringify(word))
    .join(", ");
  return page.evaluate(`(async () => {
    const client = await import("/client/index.js");
    const { roundTrip } = await import("/round-trip.js");
    return roundTrip(client, ${words}).catch(String);
  })()`);
}

/** Serves an empty page and the scripts. */
async function pageServer(t: TestContext): Promise<string> {
  const server = createServer(async (request, response): Promise<void> => {
    const path = request.url ?? "/";
    if (path === "/") {
      response.setHeader("content-type", "text/html").end("<!doctype html>");
      return;
    }
    const file =
      path === "/round-trip.js" ? roundTripFile : join(built, path.slice("/client/".length));
    const bytes = await readFile(file).catch(() => null);
    response.setHeader("content-type", "text/javascript");
    if (bytes === null) response.statusCode = 404;
    response.end(bytes ?? "");
  });
  server.listen(0);
  await once(server, "listening");
  afterwards(t, () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
