import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import { DocferryError } from "../../job/errors.ts";
import { isSignedBy, readTc3, type SignedRequest } from "./tc3.ts";

const body = '{"EnvId":"env1","JobId":1}';
const timestamp = 1_700_000_000;

/** Published with the protocol: key `SKEXAMPLE`, POST `/`, no query. */
const vectors = [
  {
    contentType: "application/json",
    host: "127.0.0.1",
    canonical: "f036c8b789d8fc053f3036ed3dc17863cc2e7a28a44f7102cee766a77daad983",
    signature: "164666a8fad44deedb850533fb7bf2a4769d90794d7dec7c2af66b35bc96ca62",
  },
  {
    contentType: "application/json",
    host: "127.0.0.1:8080",
    canonical: "a243dcb03f7a116ae913857dbd9bddf9f2a344038edd995ded1a42c65b5c8ff5",
    signature: "2311468a517fcd4e8e6cd5d879c6efc028090c7191ea4aa53c0a8a100a94784c",
  },
  {
    contentType: "application/json; charset=utf-8",
    host: "tcb.tencentcloudapi.com",
    canonical: "cad4837136359cf6e54ee2debf223fc120cbfd45becd3b69e0c61bbb912cc60d",
    signature: "c276b4ac6e892aacacffab853e685fdd3646ad282083d6638862ae6111be9e59",
  },
];

test("the published vectors hold, and each for its own host and type alone", () => {
  for (const { contentType, host, signature } of vectors) {
    const authorization = readTc3(headerOf(signature));
    for (const other of vectors) {
      const request = requestOf({ "content-type": other.contentType }, [other.host]);
      const expected = other.contentType === contentType && other.host === host;
      assert.equal(isSignedBy("SKEXAMPLE", authorization, request), expected);
    }
    const asked = requestOf({ "content-type": contentType }, [host]);
    assert.equal(isSignedBy("SKEXAMPLF", authorization, asked), false);
  }
});

test("the published vectors are the specification's steps", () => {
  for (const { contentType, host, canonical, signature } of vectors) {
    const made = reference({ "content-type": contentType, host }, ["content-type", "host"]);
    assert.deepEqual(made, { canonical, signature });
  }
});

test("any of the hosts may be the one that was signed", () => {
  const [plain] = vectors;
  const authorization = readTc3(headerOf(plain!.signature));
  const headers = { "content-type": plain!.contentType };
  const hosts = ["127.0.0.1:44839", "127.0.0.1"];
  assert.ok(isSignedBy("SKEXAMPLE", authorization, requestOf(headers, hosts)));
  assert.ok(!isSignedBy("SKEXAMPLE", authorization, requestOf(headers, hosts.slice(0, 1))));
});

test("more headers may be signed, with their values folded or as they are, and each of them counts", () => {
  const names = ["content-type", "host", "x-tc-action", "x-tc-region"];
  const sent = {
    "content-type": "application/json; charset=UTF-8",
    host: "Example.ORG",
    "x-tc-action": "DatabaseMigrateQueryInfo",
    "x-tc-region": "ap-shanghai",
  };
  const folded = Object.fromEntries(
    Object.entries(sent).map(([name, value]) => [name, value.toLowerCase()]),
  );
  for (const values of [sent, folded]) {
    const { signature } = reference(values, names);
    const authorization = readTc3(headerOf(signature, names.join(";")));
    const { host, ...headers } = sent;
    assert.ok(isSignedBy("SKEXAMPLE", authorization, requestOf(headers, [host])));
    for (const name of names.slice(2)) {
      const changed = { ...headers, [name]: "DescribeEnvs" };
      assert.ok(!isSignedBy("SKEXAMPLE", authorization, requestOf(changed, [host])), name);
      const { [name as keyof typeof headers]: _, ...without } = headers;
      assert.ok(!isSignedBy("SKEXAMPLE", authorization, requestOf(without, [host])), name);
    }
  }
});

test("method, path, query, body, time and scope are all covered", () => {
  const names = ["content-type", "host"];
  const headers = { "content-type": "application/json" };
  const { signature } = reference({ ...headers, host: "h" }, names);
  const authorization = readTc3(headerOf(signature));
  const request = requestOf(headers, ["h"]);
  assert.ok(isSignedBy("SKEXAMPLE", authorization, request));
  const changes: Partial<SignedRequest>[] = [
    { method: "GET" },
    { path: "/x" },
    { query: "a=1" },
    { body: Buffer.from(body.replace("1}", "2}")) },
    { timestamp: timestamp + 1 },
  ];
  for (const change of changes) {
    assert.ok(!isSignedBy("SKEXAMPLE", authorization, { ...request, ...change }));
  }
  assert.ok(!isSignedBy("SKEXAMPLE", { ...authorization, date: "2023-11-15" }, request));
  assert.ok(!isSignedBy("SKEXAMPLE", { ...authorization, service: "flexdb" }, request));
});

test("what is not exactly such a header is refused", () => {
  const hex = "0".repeat(64);
  const good = headerOf(hex);
  readTc3(good);
  const refused: [string, RegExp][] = [
    ["", /is not TC3/],
    ["Bearer x", /is not TC3/],
    [good.replace("TC3-HMAC-SHA256", "TC3-HMAC-SHA1"), /is not TC3/],
    [good.replace("TC3-HMAC-SHA256", "TC3-HMAC-NONE"), /is not TC3/],
    [good.replace("SIDEXAMPLE", ""), /is not TC3/],
    [good.replace("2023-11-14", "2023-11-14T00"), /is not TC3/],
    [good.replace(hex, hex.slice(1)), /is not TC3/],
    [good.replace(hex, `${hex}0`), /is not TC3/],
    [good.replace(hex, hex.replaceAll("0", "G")), /is not TC3/],
    [good.replace("content-type;host", "content-type;host\r\nx"), /is not TC3/],
    [good.replace("content-type;host", "content-type;;host"), /is not TC3/],
    [good.replace("content-type;host", "host"), /does not sign content-type/],
    [good.replace("content-type;host", "content-type"), /does not sign host/],
    [good.replace("content-type;host", "content-type;host;host"), /names a header twice/],
    [`${good} more`, /is not TC3/],
  ];
  for (const [header, message] of refused) {
    assert.throws(
      () => readTc3(header),
      (error) => {
        assert.ok(error instanceof DocferryError);
        assert.equal(error.code, "invalid_authorization");
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

function headerOf(signature: string, signedHeaders = "content-type;host"): string {
  return `TC3-HMAC-SHA256 Credential=SIDEXAMPLE/2023-11-14/tcb/tc3_request, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

function requestOf(headers: Record<string, string>, hosts: string[]): SignedRequest {
  return {
    method: "POST",
    path: "/",
    query: "",
    hosts,
    header: (name) => headers[name],
    body: Buffer.from(body),
    timestamp,
  };
}

/** The specification, written down a second time. */
function reference(headers: Record<string, string>, names: string[]) {
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join("");
  const canonicalText = `POST\n/\n\n${lines}\n${names.join(";")}\n${sha256(body)}`;
  const canonical = sha256(canonicalText);
  const day = hmac(Buffer.from("TC3SKEXAMPLE"), "2023-11-14");
  assert.equal(
    day.toString("hex"),
    "50d19a5a277d303e27fd2635079064258396aba4729eef3fd8e539af2f32ba0f",
  );
  const key = hmac(hmac(day, "tcb"), "tc3_request");
  const text = `TC3-HMAC-SHA256\n${timestamp}\n2023-11-14/tcb/tc3_request\n${canonical}`;
  return { canonical, signature: hmac(key, text).toString("hex") };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
