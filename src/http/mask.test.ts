import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { maskedText, maskedUrl } from "./mask.ts";

test("a URL keeps all but the values of secrets", () => {
  const cases: [string, string][] = [
    ["/tcb/x", "/tcb/x"],
    ["/tcb/x?access_token=abc", "/tcb/x?access_token=***"],
    ["/tcb/x?a=1&cloudbase_access_token=abc&b=%20", "/tcb/x?a=1&cloudbase_access_token=***&b=%20"],
    ["/t?appid=wx1&secret=s3cret", "/t?appid=wx1&secret=***"],
    ["/t?%61ccess_token=abc", "/t?%61ccess_token=***"],
    ["/t?component_access_token=abc&access_token", "/t?component_access_token=***&access_token"],
    ["/download/e/f?sign=abc&t=12", "/download/e/f?sign=***&t=12"],
    ["/t?access_token=abc=def?x&y", "/t?access_token=***&y"],
  ];
  for (const [url, masked] of cases) assert.equal(maskedUrl(url), masked);
});

test("a JSON text keeps all but the values of secrets", () => {
  const cases: [string, string][] = [
    ['{"env":"e","job_id":1}', '{"env":"e","job_id":1}'],
    ['{"appid":"wx","secret":"a\\"b,c"}', '{"appid":"wx","secret":"***"}'],
    ['{ "component_appsecret" : 123 , "x":1}', '{ "component_appsecret" : "***" , "x":1}'],
    [
      '{"component_verify_ticket":"ticket@@@x","authorizer_refresh_token":"r"}',
      '{"component_verify_ticket":"***","authorizer_refresh_token":"***"}',
    ],
    [
      '{"pre_auth_code":"p","authorization_code":"q"}',
      '{"pre_auth_code":"***","authorization_code":"***"}',
    ],
    ['{"\\u0073ecret":"abc"}', '{"secret":"***"}'],
    ['{"secret":"cut of', '{"secret":"***"'],
    ['{"secret":"cut behind\\', '{"secret":"***"'],
    ["appid=wx&secret=abc", "appid=wx&secret=[redacted]"],
  ];
  for (const [text, masked] of cases) assert.equal(maskedText(text), masked);
});

test("no secret is left of a body, wherever it is cut", () => {
  const value = fc.string({ minLength: 4, maxLength: 20, unit: "binary" }).map((s) => `§§${s}`);
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.string()),
      fc.constantFrom("secret", "component_appsecret", "access_token", "SecretKey", "ticket"),
      value,
      fc.nat(200),
      (others, name, secret, at) => {
        const text = JSON.stringify({ ...others, [name]: secret, z: 1 });
        assert.doesNotMatch(maskedText(text.slice(0, at)), /§§/);
        assert.doesNotMatch(maskedText(text), /§§/);
      },
    ),
  );
});
