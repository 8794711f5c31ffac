import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { DocferryError, type ErrorCode } from "../../job/errors.ts";
import { compileFields } from "./fields.ts";

const fieldsOf = compileFields(
  Type.Object({
    env: Type.String(),
    limit: Type.Optional(Type.Integer({ minimum: 0, default: 10 })),
    offset: Type.Optional(Type.Integer()),
    file_list: Type.Array(
      Type.Object({ fileid: Type.String(), max_age: Type.Integer({ maximum: 100 }) }),
      { maxItems: 2 },
    ),
  }),
);

test("integers may be text at every depth, defaults stand in, and what is unknown is dropped", () => {
  const body = {
    env: "e",
    file_list: [{ fileid: "a", max_age: "5", x: 1 }],
    more: true,
  };
  assert.deepEqual(fieldsOf(body), {
    env: "e",
    limit: 10,
    file_list: [{ fileid: "a", max_age: 5 }],
  });
  const given = fieldsOf({ env: "e", limit: "0", offset: "-3", file_list: [] });
  assert.deepEqual(given, { env: "e", limit: 0, offset: -3, file_list: [] });
});

test("a body is not changed by its check", () => {
  const body = { env: "e", limit: "7", file_list: [{ fileid: "a", max_age: "5" }] };
  const before = structuredClone(body);
  fieldsOf(body);
  assert.deepEqual(body, before);
});

test("a fault is named by its place and value", () => {
  const item = { fileid: "a", max_age: 5 };
  const cases: [object, ErrorCode, string][] = [
    [{ file_list: [] }, "missing_argument", "env"],
    [{ env: 1 }, "missing_argument", "file_list"],
    [{ env: "e", file_list: {} }, "invalid_argument", "file_list must be array, it is an object"],
    [
      { env: "e", file_list: [item, { ...item, max_age: 101 }] },
      "invalid_argument",
      "file_list[1].max_age must be <= 100, it is 101",
    ],
    [
      { env: "e", file_list: [item, 5] },
      "invalid_argument",
      "file_list[1] must be object, it is 5",
    ],
    [
      { env: "e", file_list: [item, item, item] },
      "invalid_argument",
      "file_list must not have more than 2 items, it is a list of 3",
    ],
    [
      { env: "e", file_list: [{ file_id: "a", max_age: 1 }] },
      "invalid_body",
      "file_list[0].fileid missing",
    ],
    [
      { env: "e", file_list: [{ fileid: "\udc00", max_age: 1 }] },
      "invalid_argument",
      "file_list[0].fileid has half a surrogate pair",
    ],
    [{ env: "e", limit: "", file_list: [] }, "invalid_argument", 'limit must be integer, it is ""'],
    [
      { env: "e", limit: "1e2", file_list: [] },
      "invalid_argument",
      'limit must be integer, it is "1e2"',
    ],
    [{ env: "e", limit: -1, file_list: [] }, "invalid_argument", "limit must be >= 0, it is -1"],
  ];
  for (const [body, code, message] of cases) {
    assert.throws(
      () => fieldsOf(body as Record<string, unknown>),
      (error) => {
        assert.ok(error instanceof DocferryError);
        assert.deepEqual({ code: error.code, message: error.message }, { code, message });
        return true;
      },
    );
  }
});
