import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { account, TestService } from "../../../test/support/service.ts";
import { tempFolder } from "../../../test/support/temp-folder.ts";

const run = promisify(execFile);

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? "");

/** What each example of the README prints, in their order. */
const printed = [
  /^2 documents are new, 0 records failed\n\{"_id":2,"name":"李四"\}\n\n$/,
  /5000 records, 0 failed\nsucceeded\n$/,
  /^line 2: .*\nline 3: .*\n0 records failed\n$/,
  /^12 bytes, they begin with \{"_id":100\n$/,
  /^(?:.*: \d+ documents, \d+ bytes\n)*drafts: 0 documents, 0 bytes\n/,
  /^2 records\n$/,
];

test("every example of the README runs as it stands", async (t) => {
  assert.equal(examples.length, printed.length);
  const folder = await tempFolder(t);
  const service = await TestService.start(t, join(folder, "data"));
  await writeFile(join(folder, "people.json"), '{"_id":1001}');
  for (const [number, example] of examples.entries()) {
    const file = join(folder, `example-${number}.ts`);
    await writeFile(file, settled(example, service.address));
    const { stdout } = await run(process.execPath, [file], { cwd: folder });
    assert.match(stdout, printed[number] ?? /^$/, example);
  }
});

/** The example for this service: nothing but names and addresses differs. */
function settled(example: string, address: string): string {
  const client = new URL("../src/index.ts", import.meta.url).href;
  const changes = {
    '"@docferry/client"': JSON.stringify(client),
    "http://127.0.0.1:8787": address,
    "test-4a89da": account.environment,
    wx0123456789abcdef: account.appId,
    "the app's secret": account.secret,
  };
  return Object.entries(changes).reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `an example has no ${from}`);
    return text.replaceAll(from, to);
  }, example);
}
