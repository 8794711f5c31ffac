import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { afterwards } from "../test/support/afterwards.ts";
import { configSettings, resolveConfig } from "./config.ts";

function configFile(t: TestContext, content: string): string {
  const folder = mkdtempSync(join(tmpdir(), "docferry-test-"));
  afterwards(t, () => rmSync(folder, { recursive: true }));
  const file = join(folder, "config.json");
  writeFileSync(file, content);
  return file;
}

test("a flag wins over a variable, a variable over the file, the file over the default", (t) => {
  const file = configFile(t, '{"port": 1001, "host": "file.example", "locale": "zh"}');
  const config = resolveConfig(
    { port: "1003" },
    { DOCFERRY_PORT: "1002", DOCFERRY_HOST: "variable.example" },
    file,
  );
  assert.equal(config.port, 1003);
  assert.equal(config.host, "variable.example");
  assert.equal(config.locale, "zh");
  assert.equal(config.tokenSeconds, 7200);
});

test("every setting has a flag, a variable and a description", () => {
  for (const { flag, variable, description } of configSettings) {
    assert.match(flag, /^[a-z-]+$/);
    assert.equal(variable, `DOCFERRY_${flag.toUpperCase().replaceAll("-", "_")}`);
    assert.notEqual(description, "");
  }
});

test("text becomes what the setting is", () => {
  const config = resolveConfig(
    { trustProxy: true, leaseSeconds: "2.5" },
    { DOCFERRY_PUBLIC_URL: "https://files.example/" },
    null,
  );
  assert.equal(config.trustProxy, true);
  assert.equal(config.leaseSeconds, 2.5);
  assert.equal(config.publicUrl, "https://files.example/");
  assert.equal(resolveConfig({}, { DOCFERRY_TRUST_PROXY: "1" }, null).trustProxy, true);
  assert.equal(resolveConfig({}, { DOCFERRY_TRUST_PROXY: "false" }, null).trustProxy, false);
});

const wrong: [string, Record<string, unknown>, Record<string, string>, RegExp][] = [
  ["a port that is none", { port: "70000" }, {}, /--port .*70000/],
  ["an empty number", { port: "" }, {}, /--port must be integer, but is "" \(string\)/],
  ["a variable", {}, { DOCFERRY_THREADS: "many" }, /DOCFERRY_THREADS must be integer/],
  ["a switch", {}, { DOCFERRY_TRUST_PROXY: "yes" }, /DOCFERRY_TRUST_PROXY must be boolean/],
  ["an address with a path", { publicUrl: "https://x/y" }, {}, /--public-url/],
  ["half of TLS", { tlsKey: "key.pem" }, {}, /--tls-cert and --tls-key go together/],
];
for (const [name, flags, variables, message] of wrong) {
  test(`${name} is refused by name`, () => {
    assert.throws(() => resolveConfig(flags, variables, null), { code: "invalid_config", message });
  });
}

test("a file with an unknown key, or no object, is refused", (t) => {
  for (const [content, message] of [
    ['{"prot": 1}', /no setting prot/],
    ["[1]", /not a JSON object/],
    ["{", /Config file .*config\.json/],
    ['{"port": "x"}', /port in .*config\.json must be integer/],
  ] as const) {
    const file = configFile(t, content);
    assert.throws(() => resolveConfig({}, {}, file), { code: "invalid_config", message });
  }
});
