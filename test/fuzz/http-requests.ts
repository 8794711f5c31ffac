import * as fc from "fast-check";
import { type CloudApiParts, cloudActions } from "../../src/http/cloud-api/actions.ts";
import { wechatRoutes, type WechatParts } from "../../src/http/wechat/routes.ts";
import type { NativeService } from "../support/native.ts";
import { nativeAccount } from "../support/native.ts";
import {
  brokenValuesOf,
  resolveReferences,
  type Shape,
  valuesOf,
} from "../support/schema-values.ts";
import { signedHeaders } from "../support/cloud-api.ts";
import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";

/** A call that there is, as its table or the OpenAPI document has it. */
interface Call {
  method: string;
  /** With `{name}` for parameters. */
  path: string;
  body: Shape | null;
  access: "app" | "operator" | "wire" | "cloud";
}

/** All calls that the service answers, found in the document and in the vendor's table: new ones are here by themselves. */
export async function callsOf(native: NativeService): Promise<Call[]> {
  const { json } = await native.send("GET", "/openapi.json", { token: null });
  const { paths } = resolveReferences(json) as {
    paths: Record<
      string,
      Record<string, { requestBody?: { content: Record<string, { schema: Shape }> } }>
    >;
  };
  const ours = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== "parameters")
      .map(([method, { requestBody }]): Call => ({
        method: method.toUpperCase(),
        path,
        body: requestBody?.content["application/json"]?.schema ?? null,
        access: path.startsWith("/v1/admin") ? "operator" : "app",
      })),
  );
  // Only its keys are of interest.
  const table = wechatRoutes({ access: {}, engine: {} } as WechatParts);
  const theirs = [...table].map(([path, { method }]): Call => ({
    method,
    path,
    body: wireBody,
    access: "wire",
  }));
  const actions = cloudActions({ access: {}, engine: {} } as CloudApiParts);
  const cloud = [...actions.keys()].map((path): Call => ({
    method: "POST",
    path,
    body: cloudBody,
    access: "cloud",
  }));
  const others = [
    "/healthz",
    "/readyz",
    "/docs",
    "/openapi.json",
    "/cos/x/y",
    "/download/x/y",
    "/",
  ];
  return [
    ...ours,
    ...theirs,
    ...cloud,
    ...others.flatMap((path) =>
      ["GET", "POST"].map((method): Call => ({ method, path, body: wireBody, access: "app" })),
    ),
  ];
}

const text: Shape = { type: "string" };
const integer: Shape = { type: "integer" };

/** Names that the vendor's calls know; each takes some of them. */
const wireBody: Shape = {
  type: "object",
  properties: {
    env: text,
    path: text,
    file_path: text,
    collection_name: text,
    query: text,
    file_type: integer,
    conflict_mode: integer,
    job_id: integer,
    limit: integer,
    offset: integer,
    stop_on_error: { type: "boolean" },
    file_list: {
      type: "array",
      items: { type: "object", properties: { fileid: text, max_age: integer } },
    },
    fileid_list: { type: "array", items: text },
    grant_type: text,
    appid: text,
    secret: text,
    rid: text,
    component_appid: text,
    component_appsecret: text,
    component_verify_ticket: text,
    authorizer_appid: text,
    authorizer_refresh_token: text,
    authorization_code: text,
  },
};

/** The same of the Cloud API's. */
const cloudBody: Shape = {
  type: "object",
  properties: {
    EnvId: text,
    TableName: text,
    CollectionName: text,
    CollectionFileId: text,
    FilePath: text,
    ObjectKey: text,
    FileType: text,
    Query: text,
    Skip: integer,
    Limit: integer,
    Offset: integer,
    StopOnError: { type: "boolean" },
    ConflictMode: text,
    JobId: integer,
    MgoQuery: text,
    MgoLimit: integer,
  },
};

/** Values that lead further than chance would. */
const known: Record<string, unknown[]> = {
  EnvId: [nativeAccount.envId],
  TableName: ["seed"],
  CollectionName: ["seed"],
  FilePath: ["seed.json", "out.json"],
  ObjectKey: ["seed.json"],
  FileType: ["json", "csv"],
  ConflictMode: ["insert", "upsert"],
  JobId: [1, 2, 3],
  env: [nativeAccount.envId],
  path: ["seed.json", "a/b", ".."],
  file: ["seed.json", "out.json"],
  file_path: ["seed.json", "out.json"],
  collection: ["seed"],
  collection_name: ["seed"],
  query: ['db.collection("seed").get()', "db.collection('seed').where({a:/x/}).limit(1).get()"],
  statement: ['db.collection("seed").get()'],
  file_type: [1, 2],
  conflict_mode: [1, 2],
  job_id: [1, 2, 3],
  grant_type: ["client_credential"],
  appid: [nativeAccount.appId],
  secret: [nativeAccount.appSecret],
  filter: [{}, { a: { $gt: 1 } }, { a: { $regex: "(" } }],
  sort: [{ _id: 1 }],
};

/** Bytes that matter to who reads HTTP. */
const tokens = [
  "\r\n",
  "\r\n\r\n",
  "\n",
  "\0",
  "%00",
  "%",
  "%2F",
  "..",
  "//",
  "?",
  "&",
  "#",
  "é",
  "\u{1f600}",
  "\xff",
  ":",
  "Content-Length: 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Expect: 100-continue\r\n",
  "Range: bytes=0-\r\n",
  "If-Match: *\r\n",
  "Host: x\r\n",
  "{",
  "}",
  '"',
  "\\ud800",
  "null",
  "1e400",
  "[[[[[[",
];

/** Requests as bytes, some as they should be and some that have been changed. */
export function requestBytes(call: Call, native: NativeService, random: Random): Buffer {
  const body = call.body === null ? null : bodyOf(call.body, random);
  if (call.access === "cloud") return changed(signed(call.path, body ?? Buffer.alloc(0)), random);
  const bearer =
    random.below(10) === 0
      ? "nobody"
      : call.access === "operator"
        ? native.operatorKey
        : native.token;
  const query = call.access === "wire" ? `?access_token=${bearer}` : queryOf(random);
  const lines = [
    `${call.method} ${pathOf(call, random)}${query} HTTP/1.1`,
    "Host: 127.0.0.1",
    `Authorization: Bearer ${bearer}`,
    "Connection: close",
    ...(body === null ? [] : ["Content-Type: application/json", `Content-Length: ${body.length}`]),
  ];
  const bytes = Buffer.concat([
    Buffer.from(`${lines.join("\r\n")}\r\n\r\n`),
    body ?? Buffer.alloc(0),
  ]);
  return changed(bytes, random);
}

/** A call with this body, by who may make it. What an operator's names is not there: nothing comes of it. */
export function plainRequest(call: Call, native: NativeService, body: Buffer): Buffer {
  const { method, path, access } = call;
  if (access === "cloud") return signed(path, body);
  const bearer = access === "operator" ? native.operatorKey : native.token;
  const values: Record<string, string> = { env: nativeAccount.envId, id: "1", path: "seed.json" };
  const place = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "nobody");
  const query = access === "wire" ? `?access_token=${bearer}` : "";
  const head = [
    `${method} ${place}${query} HTTP/1.1`,
    "Host: 127.0.0.1",
    `Authorization: Bearer ${bearer}`,
    "Connection: close",
    `Content-Length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]);
}

/** What valid submits read; no made-up request names either, so none removes it. */
export const submitted = { file: "submitted.json", collection: "submitted" };

/** A submit that is taken, by one of the three ways there are: jobs run while everything else comes in. */
export function submitBytes(native: NativeService, random: Random): Buffer {
  const env = nativeAccount.envId;
  const target = `made${random.below(8)}`;
  const call = (method: string, path: string, access: Call["access"]): Call => ({
    method,
    path,
    body: null,
    access,
  });
  const query = `db.collection("${submitted.collection}").get()`;
  const [how, body] = random.pick<[Call, object]>([
    [
      call("POST", "/v1/environments/{env}/jobs", "app"),
      { type: "import", format: "json", file: submitted.file, collection: target, mode: "upsert" },
    ],
    [
      call("POST", "/v1/environments/{env}/jobs", "app"),
      { type: "export", format: "json", file: `${target}.json`, collection: submitted.collection },
    ],
    [
      call("POST", "/tcb/databasemigrateimport", "wire"),
      {
        env,
        collection_name: target,
        file_path: submitted.file,
        file_type: 1,
        stop_on_error: false,
        conflict_mode: 2,
      },
    ],
    [
      call("POST", "/tcb/databasemigrateexport", "wire"),
      { env, file_path: `${target}.csv`, file_type: 1 + random.below(2), query },
    ],
  ]);
  return plainRequest(how, native, Buffer.from(JSON.stringify(body)));
}

function changed(bytes: Buffer, random: Random): Buffer {
  return random.below(2) === 0 ? bytes : Buffer.from(mutate(bytes, tokens, random));
}

/** A call of the Cloud API; a body that is no text is signed as what it is taken for, and so refused. */
function signed(action: string, body: Buffer): Buffer {
  const headers = signedHeaders(action, body.toString(), {
    secretId: nativeAccount.secretId,
    secretKey: nativeAccount.secretKey,
    timestamp: Math.floor(Date.now() / 1000),
  });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = `POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\nConnection: close\r\n`;
  return Buffer.concat([Buffer.from(`${head}${lines.join("\r\n")}\r\n\r\n`), body]);
}

function bodyOf(shape: Shape, random: Random): Buffer {
  const values = random.below(2) === 0 ? valuesOf(shape, known) : brokenValuesOf(shape, known);
  const [value] = fc.sample(values, { seed: random.next() | 0, numRuns: 1 });
  const body = Buffer.from(JSON.stringify(value) ?? "");
  return random.below(4) === 0 ? Buffer.from(mutate(body, tokens, random)) : body;
}

/** What is removed must not be what the others need. */
function pathOf({ method, path, access }: Call, random: Random): string {
  const harmful = access === "operator" && method !== "GET";
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const junk = random.pick([
      "x",
      "%2e%2e",
      "a%2Fb",
      "%00",
      "%ff",
      "1e9",
      "-1",
      "😀",
      "x".repeat(600),
    ]);
    if (harmful) return encodeURI(junk);
    const real: Record<string, string[]> = {
      env: [nativeAccount.envId],
      id: ["1", "2", "3"],
      path: ["seed.json", "fuzz/a", "fuzz"],
      name: ["seed", "fuzz"],
      app: [nativeAccount.appId],
    };
    return random.below(4) > 0 ? random.pick(real[name] ?? ["1"]) : encodeURI(junk);
  });
}

function queryOf(random: Random): string {
  if (random.below(3) > 0) return "";
  const name = random.pick(["limit", "cursor", "state", "type", "prefix", "x", "format"]);
  return `?${name}=${encodeURIComponent(random.pick(["1", "-1", "1e9", "x", "", "\0", "running", "import", "é"]))}`;
}
