import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deserialize, serialize } from "bson";
import { planFromParts, type QueryParts } from "./parts.ts";

test("what is left out stands for all documents, whole, in key order", () => {
  const plan = planFromParts({ collection: "c" });
  assert.deepEqual(deserialize(plan.filter), {});
  assert.deepEqual(
    { ...plan, filter: null },
    {
      collection: "c",
      filter: null,
      projection: null,
      sort: [],
      skip: 0,
      limit: null,
    },
  );
});

test("parts are taken as they are", () => {
  const filter = serialize({ age: { $gt: 10 } });
  const fields = serialize({ name: 1, _id: 0 });
  const sort = [{ path: "a.b", direction: -1 }] as const;
  const parts = { collection: "c", filter, fields, sort: [...sort], skip: 2, limit: 3 };
  assert.deepEqual(planFromParts(parts), {
    collection: "c",
    filter,
    projection: fields,
    sort,
    skip: 2,
    limit: 3,
  });
});

test("empty fields are whole documents, a limit of 0 is none", () => {
  const plan = planFromParts({ collection: "c", fields: serialize({}), limit: 0 });
  assert.equal(plan.projection, null);
  assert.equal(plan.limit, null);
});

describe("refused", () => {
  for (const [parts, code, message] of [
    [{ collection: "" }, "invalid_collection_name", 'Collection name "" is empty'],
    [{ collection: "a$" }, "invalid_collection_name", 'Collection name "a$" has a $'],
    [{ collection: "a\0" }, "invalid_collection_name", 'Collection name "a\\u0000" has a NUL'],
    [
      { collection: "system.a" },
      "invalid_collection_name",
      'Collection name "system.a" begins with system.',
    ],
    [
      { collection: "c", filter: serialize({ a: { $foo: 1 } }) },
      "invalid_query",
      "Unknown operator $foo in a filter",
    ],
    [
      { collection: "c", fields: serialize({ a: 1, b: 0 }) },
      "invalid_query",
      "A projection that keeps a cannot leave out b",
    ],
    [
      { collection: "c", skip: -1 },
      "invalid_query",
      "skip must be an integer of 0 or more, not -1",
    ],
    [
      { collection: "c", limit: 1.5 },
      "invalid_query",
      "limit must be an integer of 0 or more, not 1.5",
    ],
    [sorted(""), "invalid_query", 'The sort path "" has an empty part'],
    [sorted("a."), "invalid_query", 'The sort path "a." has an empty part'],
    [sorted("a.$b"), "invalid_query", 'The sort path "a.$b" has a part that begins with $'],
    [sorted("a\0"), "invalid_query", 'The sort path "a\\u0000" has a NUL'],
    [sorted("a", 2), "invalid_query", 'The direction of "a" must be 1 or -1'],
    [
      {
        collection: "c",
        sort: [
          { path: "a", direction: 1 },
          { path: "a", direction: -1 },
        ],
      },
      "invalid_query",
      'A sort cannot name "a" twice',
    ],
    [
      {
        collection: "c",
        sort: Array.from({ length: 33 }, (_, i) => ({ path: `f${i}`, direction: 1 })),
      },
      "invalid_query",
      "A sort takes at most 32 fields, not 33",
    ],
  ] as [QueryParts, string, string][]) {
    test(message, () => {
      assert.throws(() => planFromParts(parts), { name: "DocferryError", code, message });
    });
  }
});

function sorted(path: string, direction = 1): QueryParts {
  return { collection: "c", sort: [{ path, direction }] } as QueryParts;
}
