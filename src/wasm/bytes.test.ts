import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

test("the bytes in the repository are those that the compiler makes of the source", async () => {
  const folder = new URL("../../wasm/", import.meta.url);
  assert.ok(
    existsSync(new URL("node_modules", folder)),
    "the compiler is not there: `npm run wasm` installs it, and `npm test` does",
  );
  const builder = (await import(new URL("build.mjs", folder).href)) as {
    compile: () => Promise<string>;
  };
  const kept = readFileSync(new URL("bytes.ts", import.meta.url), "utf8");
  assert.equal(await builder.compile(), kept, "`npm run wasm` brings src/wasm/bytes.ts up to date");
});
