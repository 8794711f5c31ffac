import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, beforeEach, suite, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import * as fc from "fast-check";
import Schema from "typebox/schema";
import { apiRoutes } from "../../src/http/api-routes.ts";
import { openApiText } from "../../src/http/openapi/routes.ts";
import { nativeAccount, NativeService, type Sent } from "../support/native.ts";
import {
  brokenValuesOf,
  resolveReferences,
  type Shape,
  valuesOf,
} from "../support/schema-values.ts";

interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  schema: Shape;
}
interface Answer {
  content?: Record<string, { schema: Shape }>;
}
interface Operation {
  operationId: string;
  tags: string[];
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Record<string, { schema: Shape }> };
  responses: Record<string, Answer>;
}

// Nothing is called here: routes only tell of themselves.
const text = openApiText(apiRoutes({} as Parameters<typeof apiRoutes>[0]));
const document = resolveReferences(JSON.parse(text)) as {
  paths: Record<string, Record<string, Operation>>;
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

let api: NativeService;
let endedJob = 0;
before(async () => {
  api = await NativeService.start();
  endedJob = (await api.imported("pool", '{"_id":1}\n{bad\n')).id;
});
after(() => api[Symbol.asyncDispose]());

test("the document is OpenAPI 3.1, served as it stands in the client's folder", async () => {
  const checked = await new Validator().validate(JSON.parse(text) as Record<string, unknown>);
  assert.deepEqual(checked, { valid: true });
  const served = await api.send("GET", "/openapi.json", { token: null });
  assert.equal(served.text, text);
  const file = await readFile(
    new URL("../../packages/client/openapi.json", import.meta.url),
    "utf8",
  );
  assert.deepEqual(JSON.parse(file), JSON.parse(text), "it has changed: run npm run openapi");
});

test("operations have names of their own, and every parameter of a path is described", () => {
  const names = operations.map(({ operation }) => operation.operationId);
  assert.deepEqual(names, [...new Set(names)]);
  for (const { path, operation } of operations) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const described = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
    assert.deepEqual(
      described.map(({ name }) => name),
      inPath,
      path,
    );
  }
});

test("the explorer is served whole, and loads nothing from anywhere else", async () => {
  const page = await api.send("GET", "/docs", { token: null });
  assert.equal(page.status, 200);
  assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'self'/);
  const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? "");
  assert.ok(loaded.length >= 3);
  for (const url of loaded) {
    assert.match(url, /^\//);
    assert.equal((await api.send("GET", url, { token: null })).status, 200, url);
  }
});

/** Texts that mean something to the service, by the name of the field or parameter. */
const known: Record<string, unknown[]> = {
  env: [nativeAccount.envId],
  id: ["ended"],
  app: ["pool-app"],
  platform: ["pool-platform"],
  secretId: ["pool-key"],
  path: ["pool.jsonl", "written", "a/b"],
  file: ["pool.jsonl", "out.jsonl"],
  collection: ["pool", "made/up"],
  filter: [{}, { _id: 1 }, { _id: { $numberLong: "1" } }],
  fields: [{}, { _id: 1 }],
  sort: [{ _id: 1 }],
  statement: ["db.collection('pool').get()"],
};

suite("every call answers what the document says, whatever is sent to it", () => {
  beforeEach(async () => {
    // Whichever call has removed them: the next one is to find them.
    await api.admin("POST", "apps", { id: "pool-app" });
    await api.admin("POST", "environments", { id: "pool-env", app: "pool-app" });
    await api.admin("POST", "apps/pool-app/keys", { secretId: "pool-key" });
    await api.admin("POST", "platforms", { id: "pool-platform" });
    await api.admin("POST", "platforms/pool-platform/authorizations", {
      app: "pool-app",
      sets: [49],
    });
    await api.admin("POST", "environments", { id: "shared-env", platform: "pool-platform" });
    await api.put("pool.jsonl", '{"_id":1}\n{bad\n');
  });
  for (const { path, method, operation } of operations) {
    test(`${method.toUpperCase()} ${path}`, async () => {
      await fc.assert(
        fc.asyncProperty(requestsOf(path, operation), async ({ url, headers, body, trusted }) => {
          const token = operation.tags[0] === "admin" ? api.operatorKey : api.token;
          const sent = await api.send(method.toUpperCase(), url, {
            token: trusted ? token : "somebody-else",
            headers,
            ...(body !== undefined && { body }),
          });
          assertDocumented(operation, sent);
        }),
        { numRuns: 30 },
      );
    });
  }
});

interface Request {
  url: string;
  headers: Record<string, string>;
  body: string | undefined;
  trusted: boolean;
}

function requestsOf(path: string, operation: Operation): fc.Arbitrary<Request> {
  const { parameters = [], requestBody } = operation;
  const isAdmin = operation.tags[0] === "admin";
  const values = Object.fromEntries(
    parameters.map((parameter) => [
      `${parameter.in} ${parameter.name}`,
      parameterOf(parameter, isAdmin),
    ]),
  );
  return fc
    .record({
      values: fc.record(values),
      body: bodiesOf(requestBody),
      trusted: fc.oneof({ arbitrary: fc.constant(true), weight: 9 }, fc.constant(false)),
      extra: fc.oneof({ arbitrary: fc.constant(""), weight: 9 }, fc.constant("made=up")),
    })
    .map(({ values: given, body, trusted, extra }) => {
      let url = path;
      const query = new URLSearchParams(extra);
      const headers: Record<string, string> = {};
      for (const parameter of parameters) {
        const value = (given as Record<string, string | undefined>)[
          `${parameter.in} ${parameter.name}`
        ];
        if (value === undefined) continue;
        if (parameter.in === "path")
          url = url.replace(`{${parameter.name}}`, encodeURIComponent(value));
        else if (parameter.in === "query") query.set(parameter.name, value);
        else headers[parameter.name] = value;
      }
      return { url: query.size > 0 ? `${url}?${query.toString()}` : url, headers, body, trusted };
    });
}

function parameterOf(parameter: Parameter, isAdmin: boolean): fc.Arbitrary<string | undefined> {
  const texts = valuesOf(parameter.schema).map((value) => String(value));
  const odd = fc.string({ minLength: 1, maxLength: 20 });
  const likely = (known[parameter.name] ?? []) as string[];
  const any = fc.oneof(
    ...(likely.length > 0 ? [{ arbitrary: fc.constantFrom(...likely), weight: 8 }] : []),
    { arbitrary: texts, weight: 3 },
    { arbitrary: odd, weight: 1 },
  );
  const given = any.map((value) => {
    if (value === "ended") return String(endedJob);
    // The test's own environment is not to be removed.
    return isAdmin && value === nativeAccount.envId ? "pool-env" : value;
  });
  if (parameter.in === "path") {
    // A segment that is empty or only dots is another path.
    return given.map((value) => (/^\.*$/.test(value) ? "x" : value.toWellFormed()));
  }
  if (parameter.in === "query") return fc.option(given, { nil: undefined });
  return fc.option(
    given.map((value) => value.replaceAll(/[^\x21-\x7e]/g, "_") || "_"),
    { nil: undefined, freq: 3 },
  );
}

function bodiesOf(body: Operation["requestBody"]): fc.Arbitrary<string | undefined> {
  if (!body) return fc.constant(undefined);
  const schema = body.content["application/json"]?.schema;
  if (!schema) return fc.string();
  const asText = (value: unknown) => JSON.stringify(value) as string | undefined;
  return fc.oneof(
    { arbitrary: valuesOf(schema, known).map(asText), weight: 5 },
    { arbitrary: brokenValuesOf(schema, known).map(asText), weight: 5 },
    { arbitrary: fc.string(), weight: 1 },
    { arbitrary: fc.constant(undefined), weight: 1 },
  );
}

function assertDocumented(operation: Operation, sent: Sent): void {
  const told = `${sent.status} ${sent.text.slice(0, 500)}`;
  assert.notEqual(sent.status, 500, told);
  const answer = operation.responses[String(sent.status)];
  assert.ok(answer, `not documented: ${told}`);
  if (!answer.content) return assert.equal(sent.text, "", told);
  const type = (sent.headers.get("content-type") ?? "").split(";", 1)[0] ?? "";
  const content = answer.content[type] ?? answer.content["*/*"];
  assert.ok(content, `${type} is not documented: ${told}`);
  if (sent.json !== null) assertFits(content.schema, sent.json, told);
  if (type === "text/event-stream") {
    for (const block of sent.text.split("\n\n").filter((one) => one.startsWith("id: "))) {
      const [, id, event, data = ""] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
      assertFits(content.schema, { id, event, data: JSON.parse(data) as unknown }, block);
    }
  }
  if (type === "application/x-ndjson" && answer.content[type]) {
    for (const line of sent.text.split("\n").filter((one) => one !== "")) {
      assertFits(content.schema, JSON.parse(line), line);
    }
  }
}

function assertFits(schema: Shape, value: unknown, told: string): void {
  const [fits, errors] = Schema.Compile(schema as object).Errors(value);
  assert.ok(fits, `${JSON.stringify(errors)} in ${told}`);
}
