import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deserialize, EJSON } from "bson";
import { DocferryError } from "../job/errors.ts";
import { parseStatement } from "./statement.ts";

const now = Date.UTC(2026, 10, 24, 12);

/** The filter as canonical Extended JSON, types and all. */
function canonical(bytes: Uint8Array): unknown {
  const document = deserialize(bytes, { promoteValues: false, bsonRegExp: true });
  return JSON.parse(EJSON.stringify(document, { relaxed: false }));
}

/** The filter with numbers and dates as JavaScript has them. */
function filterOf(condition: string): unknown {
  const { filter } = parseStatement(`db.collection('c').where(${condition}).get()`, now);
  return deserialize(filter, { promoteLongs: true });
}

function refusal(source: string): string {
  let message = "";
  assert.throws(
    () => parseStatement(source, now),
    (error) => {
      assert.ok(error instanceof DocferryError, String(error));
      assert.equal(error.code, "invalid_query");
      ({ message } = error);
      return true;
    },
  );
  return message;
}

const sample =
  "const Point = db.Geo.Point;db.collection('geo').where({name: 'x',age: _.gt(10).and(_.lt(20)),loc: new Point(113,23),array: [1,2]}).limit(10).skip(1).orderBy('age','asc').orderBy('name', 'desc').field({ name: true }).get()";

describe("the vendor's sample of an export", () => {
  for (const [form, source] of [
    ["as it decodes", sample],
    ["with its quotes escaped", sample.replaceAll("'", String.raw`\'`)],
    ["without the semicolon, a line break instead", sample.replace("Point;db", "Point\ndb")],
  ] as const) {
    test(form, () => {
      const plan = parseStatement(source, now);
      assert.equal(plan.collection, "geo");
      assert.deepEqual(deserialize(plan.filter), {
        name: "x",
        $and: [{ age: { $gt: 10 } }, { age: { $lt: 20 } }],
        loc: { type: "Point", coordinates: [113, 23] },
        array: [1, 2],
      });
      assert.deepEqual(deserialize(plan.projection!), { name: true });
      assert.deepEqual(plan.sort, [
        { path: "age", direction: 1 },
        { path: "name", direction: -1 },
      ]);
      assert.equal(plan.skip, 1);
      assert.equal(plan.limit, 10);
    });
  }
});

describe("queries seen in the wild", () => {
  test("a whole collection", () => {
    const plan = parseStatement('db.collection("x").get()', now);
    assert.deepEqual(deserialize(plan.filter), {});
    assert.deepEqual(
      { ...plan, filter: null },
      {
        collection: "x",
        filter: null,
        projection: null,
        sort: [],
        skip: 0,
        limit: null,
      },
    );
  });

  test("a condition and fields, whose order is that of the columns", () => {
    const plan = parseStatement(
      "db.collection('preorder').where({time:'2020'}).field({time:true,phone:1,_id:0}).get()",
      now,
    );
    assert.deepEqual(deserialize(plan.filter), { time: "2020" });
    assert.equal(
      JSON.stringify(deserialize(plan.projection!)),
      '{"time":true,"phone":true,"_id":false}',
    );
  });

  test("limit and skip without a condition", () => {
    const plan = parseStatement('db.collection("x").limit(1000).skip(0).get()', now);
    assert.equal(plan.limit, 1000);
    assert.equal(plan.skip, 0);
  });

  test("an empty condition, an order, skip, limit", () => {
    const plan = parseStatement(
      "db.collection('c').where({}).orderBy('k', 'asc').skip(0).limit(100).get()",
      now,
    );
    assert.deepEqual(plan.sort, [{ path: "k", direction: 1 }]);
    assert.equal(plan.limit, 100);
  });

  test("commands with arrays, dates as text, and truth values", () => {
    assert.deepEqual(
      filterOf(
        "{age: _.in([0, 1, 2, 3]),due: _.lt('Mar 29, 2020 8:47:07 AM'),price: _.exists(true)}",
      ),
      {
        age: { $in: [0, 1, 2, 3] },
        due: { $lt: "Mar 29, 2020 8:47:07 AM" },
        price: { $exists: true },
      },
    );
    assert.deepEqual(filterOf("{_id: _.eq('79a2')}"), { _id: { $eq: "79a2" } });
  });

  test("a place made with new and one written as GeoJSON, which is flattened", () => {
    assert.deepEqual(filterOf("{location: new db.Geo.Point(113, 23)}"), {
      location: { type: "Point", coordinates: [113, 23] },
    });
    assert.deepEqual(filterOf('{location: {type:"Point",coordinates:[113,23]}}'), {
      "location.type": "Point",
      "location.coordinates": [113, 23],
    });
  });

  test("a declaration before a chain over several lines", () => {
    const plan = parseStatement(
      `const Point = db.Geo.Point;
       db.collection('geo')
         .where({age: _.gt(1)})   // grown up
         .limit(10)
         .skip(1)
         .orderBy('age','asc')
         .get();`,
      now,
    );
    assert.deepEqual(deserialize(plan.filter), { age: { $gt: 1 } });
  });
});

describe("values keep their types", () => {
  for (const [text, value] of [
    ["1", { $numberInt: "1" }],
    ["2147483647", { $numberInt: "2147483647" }],
    ["2147483648", { $numberLong: "2147483648" }],
    ["-2147483648", { $numberInt: "-2147483648" }],
    ["9007199254740993", { $numberLong: "9007199254740993" }],
    ["-9007199254740993", { $numberLong: "-9007199254740993" }],
    ["9223372036854775807", { $numberLong: "9223372036854775807" }],
    ["-9223372036854775808", { $numberLong: "-9223372036854775808" }],
    ["9223372036854775808", { $numberDouble: "9223372036854775808.0" }],
    ["1_000", { $numberInt: "1000" }],
    ["0x10", { $numberInt: "16" }],
    ["010", { $numberInt: "8" }],
    ["5n", { $numberLong: "5" }],
    ["1.0", { $numberDouble: "1.0" }],
    ["1e3", { $numberDouble: "1000.0" }],
    ["-1.5", { $numberDouble: "-1.5" }],
    ["-0", { $numberDouble: "-0.0" }],
    ["+7", { $numberInt: "7" }],
    ["Infinity", { $numberDouble: "Infinity" }],
    ["-Infinity", { $numberDouble: "-Infinity" }],
    ["NaN", { $numberDouble: "NaN" }],
    ["true", true],
    ["null", null],
    ["'it\\'s'", "it's"],
    ['"\\u4f60"', "你"],
    ["`plain`", "plain"],
    [
      "[1, [2.0], {a: undefined, b: 3}]",
      [{ $numberInt: "1" }, [{ $numberDouble: "2.0" }], { b: { $numberInt: "3" } }],
    ],
    ["[undefined, , 1]", [null, null, { $numberInt: "1" }]],
    ["/^a\\/b/i", { $regularExpression: { pattern: "^a\\/b", options: "i" } }],
    ["/a/gu", { $regularExpression: { pattern: "a", options: "" } }],
    [
      "db.RegExp({regexp: '^x', options: 'si'})",
      {
        $regularExpression: { pattern: "^x", options: "is" },
      },
    ],
    ["new db.RegExp({regexp: 'x'})", { $regularExpression: { pattern: "x", options: "" } }],
    ["new Date('2019-09-09')", { $date: { $numberLong: "1567987200000" } }],
    ["new Date('2019-09-09T08:00:00+08:00')", { $date: { $numberLong: "1567987200000" } }],
    ["new Date('2019-09-09T08:00:00.5+0800')", { $date: { $numberLong: "1567987200500" } }],
    ["new Date('2019-09-09 00:00')", { $date: { $numberLong: "1567987200000" } }],
    ["new Date(-1)", { $date: { $numberLong: "-1" } }],
    ["new Date()", { $date: { $numberLong: String(now) } }],
    ["db.serverDate()", { $date: { $numberLong: String(now) } }],
    ["db.serverDate({offset: -1000})", { $date: { $numberLong: String(now - 1000) } }],
  ] as const) {
    test(text, () => {
      const { filter } = parseStatement(`db.collection('c').where({v: _.eq(${text})}).get()`, now);
      assert.deepEqual(canonical(filter), { v: { $eq: value } });
    });
  }

  test("what is undefined is left out", () => {
    assert.deepEqual(filterOf("{a: undefined, b: 1}"), { b: 1 });
  });

  test("constants stand for their values, whatever they are", () => {
    const plan = parseStatement(
      "const name = 'c', key = 'b'; let cmd = db.command; var all = db.collection(name); all.where({a: cmd.gt(-1), [key]: 2, name}).get()",
      now,
    );
    assert.deepEqual(deserialize(plan.filter), { a: { $gt: -1 }, b: 2, name: "c" });
  });
});

describe("geo shapes", () => {
  for (const [text, value] of [
    ["db.Geo.Point(1, 2)", { type: "Point", coordinates: [1, 2] }],
    ["new db.Geo.MultiPoint([db.Geo.Point(1, 2)])", { type: "MultiPoint", coordinates: [[1, 2]] }],
    [
      "db.Geo.LineString([db.Geo.Point(1, 2), db.Geo.Point(3, 4)])",
      {
        type: "LineString",
        coordinates: [
          [1, 2],
          [3, 4],
        ],
      },
    ],
    [
      "db.Geo.MultiLineString([db.Geo.LineString([db.Geo.Point(1, 2), db.Geo.Point(3, 4)])])",
      {
        type: "MultiLineString",
        coordinates: [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      },
    ],
    [
      "db.Geo.Polygon({type: 'Polygon', coordinates: [[[0,0],[1,0],[1,1],[0,0.0]]]})",
      {
        type: "Polygon",
        coordinates: [
          [
            [0, 0],
            [1, 0],
            [1, 1],
            [0, 0],
          ],
        ],
      },
    ],
    [
      "db.Geo.MultiPolygon([db.Geo.Polygon([db.Geo.LineString([p(0,0), p(1,0), p(0,0)])])])",
      {
        type: "MultiPolygon",
        coordinates: [
          [
            [
              [0, 0],
              [1, 0],
              [0, 0],
            ],
          ],
        ],
      },
    ],
  ] as const) {
    test(text, () => {
      const plan = parseStatement(
        `const p = db.Geo.Point; db.collection('c').where({v: ${text}}).get()`,
        now,
      );
      assert.deepEqual(deserialize(plan.filter), { v: value });
    });
  }

  for (const [text, fault] of [
    [
      "db.Geo.Point(181, 0)",
      "A longitude must be a number from -180 to 180, not 181 at line 1, column 43",
    ],
    [
      "db.Geo.Point(0, -90.5)",
      "A latitude must be a number from -90 to 90, not -90.5 at line 1, column 46",
    ],
    ["db.Geo.Point(1)", "db.Geo.Point wants a longitude and a latitude at line 1, column 37"],
    [
      "db.Geo.Point(NaN, 1)",
      "A longitude must be a number from -180 to 180, not NaN at line 1, column 43",
    ],
    [
      "db.Geo.LineString([db.Geo.Point(1, 2)])",
      "A LineString needs at least 2 Points at line 1, column 48",
    ],
    [
      "db.Geo.LineString([[1, 2], [3, 4]])",
      "db.Geo.LineString wants an array of Point, but an item is an array at line 1, column 49",
    ],
    ["db.Geo.Polygon([])", "A Polygon needs at least 1 LineString at line 1, column 45"],
    [
      "db.Geo.Polygon({type: 'Polygon', coordinates: [[[0,0],[1,0],[1,1]]]})",
      "A ring of a Polygon must end at the point it begins with at line 1, column 77",
    ],
    [
      "db.Geo.Polygon({type: 'Point', coordinates: [0,0]})",
      'db.Geo.Polygon wants {type: "Polygon", coordinates: […]} where an object is given at line 1, column 45',
    ],
  ] as const) {
    test(`refused: ${text}`, () => {
      assert.equal(refusal(`db.collection('c').where({v: ${text}}).get()`), fault);
    });
  }
});

describe("commands", () => {
  for (const [condition, filter] of [
    ["{a: _.eq(1)}", { a: { $eq: 1 } }],
    ["{a: _.neq(1)}", { a: { $ne: 1 } }],
    ["{a: _.gt(1)}", { a: { $gt: 1 } }],
    ["{a: _.gte(1)}", { a: { $gte: 1 } }],
    ["{a: _.lt(1)}", { a: { $lt: 1 } }],
    ["{a: _.lte(1)}", { a: { $lte: 1 } }],
    ["{a: _.in([1, 'x'])}", { a: { $in: [1, "x"] } }],
    ["{a: _.nin([1])}", { a: { $nin: [1] } }],
    ["{a: _.all([1, _.elemMatch({b: 2})])}", { a: { $all: [1, { $elemMatch: { b: 2 } }] } }],
    ["{a: _.exists(false)}", { a: { $exists: false } }],
    ["{a: _.size(2)}", { a: { $size: 2 } }],
    ["{a: _.mod(4, 1)}", { a: { $mod: [4, 1] } }],
    ["{a: _.mod([4, 1])}", { a: { $mod: [4, 1] } }],
    [
      "{a: _.elemMatch({b: {c: 1}, d: _.gt(2)})}",
      {
        a: { $elemMatch: { "b.c": 1, d: { $gt: 2 } } },
      },
    ],
    ["{a: _.elemMatch(_.gt(1).lt(9))}", { a: { $elemMatch: { $gt: 1, $lt: 9 } } }],
    ["{a: _.elemMatch({$gt: 1, $lt: 9})}", { a: { $elemMatch: { $gt: 1, $lt: 9 } } }],
    [
      "{a: _.elemMatch(_.or([{b: 1}, {c: 2}]))}",
      {
        a: { $elemMatch: { $or: [{ b: 1 }, { c: 2 }] } },
      },
    ],
    ["{a: _.elemMatch(_.not(_.gt(1)))}", { a: { $elemMatch: { $not: { $gt: 1 } } } }],
    ["_.or([{a: 1}, {b: _.gt(2)}])", { $or: [{ a: 1 }, { b: { $gt: 2 } }] }],
    [
      "_.and({a: 1}, _.nor({b: 1}, {c: 1}))",
      {
        $and: [{ a: 1 }, { $nor: [{ b: 1 }, { c: 1 }] }],
      },
    ],
    ["{a: _.or(_.lt(1), _.gt(5))}", { $or: [{ a: { $lt: 1 } }, { a: { $gt: 5 } }] }],
    ["{a: {b: _.or([_.lt(1), 7])}}", { $or: [{ "a.b": { $lt: 1 } }, { "a.b": 7 }] }],
    ["{a: _.nor(_.eq(1), _.eq(2))}", { $nor: [{ a: { $eq: 1 } }, { a: { $eq: 2 } }] }],
    ["{a: _.not(_.gt(1))}", { a: { $not: { $gt: 1 } } }],
    [
      "{a: _.not(_.or(_.lt(1), _.gt(5)))}",
      {
        $nor: [{ $or: [{ a: { $lt: 1 } }, { a: { $gt: 5 } }] }],
      },
    ],
    ["_.not(_.or({a: 1}, {b: 1}))", { $nor: [{ $or: [{ a: 1 }, { b: 1 }] }] }],
    ["{a: _.gt(0).lt(100)}", { $and: [{ a: { $gt: 0 } }, { a: { $lt: 100 } }] }],
    [
      "{a: _.gt(0).and([_.lt(9), _.neq(5)])}",
      {
        $and: [{ a: { $gt: 0 } }, { a: { $lt: 9 } }, { a: { $ne: 5 } }],
      },
    ],
    ["{a: _.eq(1).or(_.eq(2))}", { $or: [{ a: { $eq: 1 } }, { a: { $eq: 2 } }] }],
    [
      "{a: _.exists(true).nin([1]).not(_.size(3))}",
      {
        $and: [
          { $and: [{ a: { $exists: true } }, { a: { $nin: [1] } }] },
          { a: { $not: { $size: 3 } } },
        ],
      },
    ],
    ["{a: db.command.gt(1)}", { a: { $gt: 1 } }],
  ] as const) {
    test(condition, () => assert.deepEqual(filterOf(condition), filter));
  }

  test("regular expressions: as a value, negated, among values", () => {
    const { filter } = parseStatement(
      "db.collection('c').where({a: /x/i, b: _.not(/y/), c: _.in([/z/, 1])}).get()",
      now,
    );
    assert.deepEqual(canonical(filter), {
      a: { $regularExpression: { pattern: "x", options: "i" } },
      b: { $not: { $regularExpression: { pattern: "y", options: "" } } },
      c: { $in: [{ $regularExpression: { pattern: "z", options: "" } }, { $numberInt: "1" }] },
    });
  });

  test("nested objects are flattened, a whole one is compared with eq", () => {
    assert.deepEqual(filterOf("{a: {b: {c: 1}, d: _.gt(1)}, 'e.f': 2, g: {}}"), {
      "a.b.c": 1,
      "a.d": { $gt: 1 },
      "e.f": 2,
    });
    assert.deepEqual(filterOf("{a: _.eq({b: {c: 1}})}"), { a: { $eq: { b: { c: 1 } } } });
  });

  test("operators written as in MongoDB are left alone", () => {
    assert.deepEqual(
      filterOf("{a: {$gt: 1, $not: {$lt: 0}, b: 2}, $or: [{c: {d: 1}}, {e: _.lt(3)}]}"),
      {
        a: { $gt: 1, $not: { $lt: 0 } },
        "a.b": 2,
        $or: [{ "c.d": 1 }, { e: { $lt: 3 } }],
      },
    );
  });

  test("no condition is lost where two of them have the same name", () => {
    assert.deepEqual(
      filterOf("{a: _.or(_.eq(1), _.eq(2)), b: _.or(_.eq(3), _.eq(4)), c: _.gt(1).lt(2)}"),
      {
        $or: [{ a: { $eq: 1 } }, { a: { $eq: 2 } }],
        $and: [
          { c: { $gt: 1 } },
          { c: { $lt: 2 } },
          { $or: [{ b: { $eq: 3 } }, { b: { $eq: 4 } }] },
        ],
      },
    );
    assert.deepEqual(filterOf("{a: {b: 1}, 'a.b': _.lt(2)}"), {
      "a.b": 1,
      $and: [{ "a.b": { $lt: 2 } }],
    });
  });
});

describe("the chain", () => {
  test("doc finds a text, and the ObjectId that the text may mean", () => {
    const text = parseStatement('db.collection("geo").doc("056120a7-aaaa").get()', now);
    assert.deepEqual(deserialize(text.filter), { _id: "056120a7-aaaa" });
    const hex = parseStatement("db.collection('c').doc('507f1f77bcf86cd799439011').get()", now);
    assert.deepEqual(canonical(hex.filter), {
      _id: { $in: [{ $oid: "507f1f77bcf86cd799439011" }, "507f1f77bcf86cd799439011"] },
    });
    const number = parseStatement(
      "db.collection('c').doc(9007199254740993).field({a: 1}).get()",
      now,
    );
    assert.deepEqual(canonical(number.filter), { _id: { $numberLong: "9007199254740993" } });
  });

  test("a limit is as given, however high; 0 is none", () => {
    assert.equal(parseStatement("db.collection('c').limit(1000000).get()", now).limit, 1000000);
    assert.equal(parseStatement("db.collection('c').limit(10.0).get()", now).limit, 10);
    assert.equal(parseStatement("db.collection('c').limit(0).get()", now).limit, null);
  });

  test("what is given again replaces, an order keeps its weight", () => {
    const plan = parseStatement(
      "db.collection('c').where({a: 1}).where({b: 2}).limit(1).limit(2).orderBy('a','asc').orderBy('b','asc').orderBy('a','desc').get()",
      now,
    );
    assert.deepEqual(deserialize(plan.filter), { b: 2 });
    assert.equal(plan.limit, 2);
    assert.deepEqual(plan.sort, [
      { path: "a", direction: -1 },
      { path: "b", direction: 1 },
    ]);
  });

  test("nested fields of a projection become paths", () => {
    const { projection } = parseStatement(
      "db.collection('c').field({a: {b: 1, c: true}}).get()",
      now,
    );
    assert.deepEqual(deserialize(projection!), { "a.b": true, "a.c": true });
    assert.equal(parseStatement("db.collection('c').field({}).get()", now).projection, null);
  });

  test("20,000 calls are no deeper than one", () => {
    const source = `db.collection('c')${".skip(1)".repeat(20_000)}.get()`;
    assert.equal(parseStatement(source, now).skip, 1);
  });
});

describe("escaped quotes", () => {
  for (const [source, name] of [
    [String.raw`db.collection(\"c\").where({n: \"x y\"}).get()`, "x y"],
    [String.raw`db.collection(\'c\').where({n: 'it\'s'}).get()`, "it's"],
    [String.raw`db.collection(\'c\').where({n: \'a\u0062\n\'}).get()`, "ab\n"],
  ] as const) {
    test(source, () =>
      assert.deepEqual(deserialize(parseStatement(source, now).filter), { n: name }),
    );
  }

  test("a fault behind them is named at its own place", () => {
    assert.equal(
      refusal(String.raw`db.collection(\'c\').limit(\'x\').get()`),
      'limit wants an integer of 0 or more, not "x" at line 1, column 29',
    );
  });

  test("what they do not mend is reported as it was", () => {
    const message = /^The query is not well-formed: .* at line 1, column 16$/;
    assert.match(refusal(String.raw`db.collection(\'c).get()`), message);
    assert.match(refusal(String.raw`db.collection(\'c\').get(`), message);
    assert.match(refusal(String.raw`db.collection(\'c's\').get()`), message);
  });
});

describe("refused, by name and place", () => {
  for (const [source, message] of [
    ["", "The query has no db.collection(…)….get() at line 1, column 1"],
    [
      "db.collection('c')",
      "An export's query must end in .get(), which is missing at line 1, column 4",
    ],
    [
      "db.collection('c').where({a:1})\n.limit(1)",
      "An export's query must end in .get(), which is missing at line 2, column 2",
    ],
    ["db", "An export's query must be db.collection(…)….get(), not db at line 1, column 1"],
    [
      "db.collection('c').get().get()",
      "get() must be the last call, but .get follows at line 1, column 26",
    ],
    ["db.collection('c').get(1)", "get takes no arguments at line 1, column 20"],
    ["db.collection('c').get(); 1", "Nothing may follow the query at line 1, column 27"],
    [
      "db.collection('c').where({a:1)",
      "The query is not well-formed: unexpected token at line 1, column 30",
    ],
    [
      "db.collection('c').where({a:'x}).get()",
      "The query is not well-formed: unterminated string constant at line 1, column 29",
    ],
    [
      "db.collection('geo').add({data: [{a: 1}]})",
      "add() is not supported in an export, which must be a query that ends in get() at line 1, column 22",
    ],
    [
      "db.collection('c').where({a: 1}).update({data:{age: 1} })",
      "update() is not supported in an export, which must be a query that ends in get() at line 1, column 34",
    ],
    [
      'db.collection("geo").doc("056120a7").remove()',
      "remove() is not supported in an export, which must be a query that ends in get() at line 1, column 38",
    ],
    [
      'db.collection("geo").aggregate().match({tags:"cloud"}).limit(10).end()',
      "aggregate() is not supported in an export, which must be a query that ends in get() at line 1, column 22",
    ],
    [
      "db.collection('c').count()",
      "count() is not supported in an export, which must be a query that ends in get() at line 1, column 20",
    ],
    ["db.collection('c').find()", "A query has no method find at line 1, column 20"],
    [
      "db.collection('c').where({a: _.inc(1)}).get()",
      "_.inc (an update command) is not supported in an export at line 1, column 32",
    ],
    [
      "db.collection('c').where({a: _.geoNear({})}).get()",
      "_.geoNear (a geo query) is not supported in an export at line 1, column 32",
    ],
    [
      "db.collection('c').where({a: _.gt(1).geoWithin({})}).get()",
      "_.geoWithin (a geo query) is not supported in an export at line 1, column 38",
    ],
    [
      "db.collection('c').where(_.expr({})).get()",
      "_.expr (an aggregation expression) is not supported in an export at line 1, column 28",
    ],
    [
      "db.collection('c').where(_.jsonSchema({})).get()",
      "_.jsonSchema (a schema) is not supported in an export at line 1, column 28",
    ],
    [
      "const $ = _.aggregate; db.collection('c').get()",
      "_.aggregate (an aggregation operator) is not supported in an export at line 1, column 13",
    ],
    [
      "db.collection('c').field({a: _.project.slice(1)}).get()",
      "_.project (a projection command) is not supported in an export at line 1, column 32",
    ],
    [
      "db.collection('c').where({a: _.foo(1)}).get()",
      "db.command has no member foo at line 1, column 32",
    ],
    [
      "db.collection('c').where({a: _.gt(1).foo(1)}).get()",
      "A command has no method foo at line 1, column 38",
    ],
    ["db.foo", "db has no member foo at line 1, column 4"],
    [
      "db.collection('c').where({$expr: 1}).get()",
      "The operator $expr is not supported in a query at line 1, column 27",
    ],
    [
      "db.collection('c').where({a: {$geoWithin: 1}}).get()",
      "The operator $geoWithin is not supported in a filter at line 1, column 26",
    ],
    [
      "db.collection('c').where({a: {$foo: 1}}).get()",
      "Unknown operator $foo in a filter at line 1, column 26",
    ],
    ["db.collection('c').where({$or: 1}).get()", "$or wants an array, not 1 at line 1, column 32"],
    ["db.collection('c').where(_.gt(1)).get()", "_.gt must stand at a field at line 1, column 28"],
    [
      "db.collection('c').where(1).get()",
      "A condition must be an object or a logic command, not 1 at line 1, column 26",
    ],
    ["db.collection('c').where().get()", "where wants one argument, not 0 at line 1, column 20"],
    [
      "db.collection('c').where({a: undefined}).get()",
      "All fields of where are undefined at line 1, column 26",
    ],
    [
      "db.collection('c').where({a: [_.gt(1)]}).get()",
      "A value must stand here, not the command _.gt at line 1, column 33",
    ],
    [
      "db.collection('c').where({a: db}).get()",
      "A value must stand here, not db at line 1, column 30",
    ],
    [
      "db.collection('c').where({a: _.or({b: 1})}).get()",
      "_.or at the field a wants commands or values, not an object at line 1, column 35",
    ],
    [
      "db.collection('c').where({a: _.or()}).get()",
      "_.or wants at least one condition at line 1, column 32",
    ],
    [
      "db.collection('c').where({a: _.not(1)}).get()",
      "_.not wants one command or regular expression, not 1 at line 1, column 36",
    ],
    [
      "db.collection('c').where({a: _.in(1)}).get()",
      "_.in wants an array, not 1 at line 1, column 35",
    ],
    [
      "db.collection('c').where({a: _.gt(1, 2)}).get()",
      "_.gt wants one value, not 2 arguments at line 1, column 32",
    ],
    [
      "db.collection('c').where({a: _.gt(undefined)}).get()",
      "_.gt wants a value, not undefined at line 1, column 35",
    ],
    [
      "db.collection('c').where({a: _.gt(/x/)}).get()",
      "_.gt cannot compare with a regular expression at line 1, column 35",
    ],
    [
      "db.collection('c').where({a: _.exists(1)}).get()",
      "_.exists wants true or false, not 1 at line 1, column 39",
    ],
    [
      "db.collection('c').where({a: _.size(-1)}).get()",
      "_.size wants an integer of 0 or more, not -1 at line 1, column 37",
    ],
    [
      "db.collection('c').where({a: _.mod(0, 1)}).get()",
      "The divisor of _.mod must not be 0 at line 1, column 36",
    ],
    [
      "db.collection('c').where({a: _.mod(1)}).get()",
      "_.mod wants a divisor and a remainder at line 1, column 32",
    ],
    [
      "db.collection('c').where({a: _.mod('x', 1)}).get()",
      '_.mod wants numbers, not "x" at line 1, column 36',
    ],
    [
      "db.collection('c').where({a: _.elemMatch(1)}).get()",
      "_.elemMatch wants an object or a command, not 1 at line 1, column 42",
    ],
    [
      "db.collection('c').where({a: _.elemMatch(_.or(_.gt(1), _.lt(0)))}).get()",
      "_.or is not supported for an element that is not an object at line 1, column 44",
    ],
    [
      "db.collection('c').where({a: _.elemMatch(_.gt(1).gt(2))}).get()",
      "The same command cannot be given twice for an element at line 1, column 50",
    ],
    ["db.collection(1).get()", "db.collection wants the name of a collection at line 1, column 15"],
    ["db.collection('').get()", 'Collection name "" is empty at line 1, column 15'],
    ["db.collection('a$b').get()", 'Collection name "a$b" has a $ at line 1, column 15'],
    [
      "db.collection('system.x').get()",
      'Collection name "system.x" begins with system. at line 1, column 15',
    ],
    ["new db.collection('c').get()", "new cannot be used with db.collection at line 1, column 1"],
    [
      "db.collection('c').limit('x').get()",
      'limit wants an integer of 0 or more, not "x" at line 1, column 26',
    ],
    [
      "db.collection('c').limit(-1).get()",
      "limit wants an integer of 0 or more, not -1 at line 1, column 26",
    ],
    [
      "db.collection('c').skip(1.5).get()",
      "skip wants an integer of 0 or more, not 1.5 at line 1, column 25",
    ],
    ["db.collection('c').skip().get()", "skip wants one argument, not 0 at line 1, column 20"],
    [
      "db.collection('c').orderBy('a').get()",
      "orderBy wants 'asc' or 'desc', not nothing at line 1, column 20",
    ],
    [
      "db.collection('c').orderBy('a', 'up').get()",
      "orderBy wants 'asc' or 'desc', not \"up\" at line 1, column 33",
    ],
    [
      "db.collection('c').orderBy(1, 'asc').get()",
      "orderBy wants the path of a field, not 1 at line 1, column 28",
    ],
    [
      "db.collection('c').orderBy('a..b', 'asc').get()",
      'The sort path "a..b" has an empty part at line 1, column 28',
    ],
    [
      "db.collection('c').orderBy('$a', 'asc').get()",
      'The sort path "$a" has a part that begins with $ at line 1, column 28',
    ],
    [
      "db.collection('c').field({a: 2}).get()",
      "field wants true, false, 1 or 0 for a, not 2 at line 1, column 30",
    ],
    ["db.collection('c').field('a').get()", 'field wants an object, not "a" at line 1, column 26'],
    [
      "db.collection('c').field({a: 1, b: 0}).get()",
      "A projection that keeps a cannot leave out b at line 1, column 33",
    ],
    [
      "db.collection('c').field({a: 1, 'a.b': 1}).get()",
      "A projection cannot name a.b and a path within or around it at line 1, column 33",
    ],
    [
      "db.collection('c').field({a: {$slice: 1}}).get()",
      "The operator $slice is not supported in field at line 1, column 31",
    ],
    [
      "db.collection('c').where({a: 1}).doc('x').get()",
      "doc() must follow db.collection() directly at line 1, column 34",
    ],
    [
      "db.collection('c').doc('x').limit(1).get()",
      "limit() cannot follow doc() at line 1, column 29",
    ],
    [
      "db.collection('c').doc({}).get()",
      "doc wants a string or a number, not an object at line 1, column 24",
    ],
    ["Date()", "Date must be called with new at line 1, column 1"],
    [
      "new Date('Mar 29, 2020')",
      'Date wants an ISO 8601 text or milliseconds, not "Mar 29, 2020" at line 1, column 10',
    ],
    [
      "new Date(2020, 1)",
      "Date wants one argument: an ISO 8601 text or milliseconds at line 1, column 1",
    ],
    [
      "new Date(8640000000000001)",
      "Date wants an ISO 8601 text or milliseconds, not 8640000000000001 at line 1, column 10",
    ],
    [
      "db.serverDate({offset: 'x'})",
      'The offset of db.serverDate must be whole milliseconds, not "x" at line 1, column 24',
    ],
    ["db.RegExp({})", "db.RegExp wants a regexp that is not empty at line 1, column 11"],
    [
      "db.RegExp({regexp: 'a', options: 'q'})",
      "The flag q of a regular expression is not supported at line 1, column 11",
    ],
    ["/a/y", "The flag y of a regular expression is not supported at line 1, column 1"],
    [
      "db.collection('c').where({a: /[/}).get()",
      "The query is not well-formed: unterminated regular expression at line 1, column 31",
    ],
    ["1 + 1", "An operator is not supported in a query at line 1, column 1"],
    ["!1", "An operator other than - and + is not supported in a query at line 1, column 1"],
    ["-'x'", '- wants a number, not "x" at line 1, column 1'],
    ["a ? b : c", "A conditional expression is not supported in a query at line 1, column 1"],
    ["(() => 1)()", "A function is not supported in a query at line 1, column 2"],
    ["function f() {}", "A function is not supported in a query at line 1, column 1"],
    ["for (;;) {}", "A loop is not supported in a query at line 1, column 1"],
    ["a = 1", "An assignment is not supported in a query at line 1, column 1"],
    [
      "`${1}`",
      "A template string with an expression is not supported in a query at line 1, column 1",
    ],
    ["const {Point} = db.Geo; 1", "Destructuring is not supported in a query at line 1, column 7"],
    ["db?.collection('c')", "Optional chaining is not supported in a query at line 1, column 1"],
    ["[...x]", "A spread is not supported in a query at line 1, column 2"],
    ["({a() {}})", "A function is not supported in a query at line 1, column 3"],
    ["({get a() { return 1 }})", "A function is not supported in a query at line 1, column 3"],
    ["({'a\\0': 1})", "A name must not contain NUL at line 1, column 3"],
    ["this", "this is not supported in a query at line 1, column 1"],
    ["import('x')", "import is not supported in a query at line 1, column 1"],
    ["process.exit()", "process is not defined at line 1, column 1"],
    ["db.constructor", "db has no member constructor at line 1, column 4"],
    ["db['__proto__']", "db has no member __proto__ at line 1, column 4"],
    ["'x'.length", '"x" has no member length at line 1, column 5'],
    ["db()", "db is not a function at line 1, column 1"],
    ["9223372036854775808n", "9223372036854775808n does not fit into 64 bits at line 1, column 1"],
  ] as const) {
    test(source || "an empty query", () => assert.equal(refusal(source), message));
  }
});

describe("bounded", () => {
  test("depth of brackets", () => {
    assert.equal(
      refusal("[".repeat(100_000)),
      "Brackets are nested more than 200 levels deep at line 1, column 201",
    );
  });

  for (const [what, source] of [
    ["operators", `${"- ".repeat(100_000)}1`],
    ["functions", `${"x=>".repeat(100_000)}1`],
    ["regular expressions", `/${"(".repeat(100_000)}${")".repeat(100_000)}/`],
  ] as const) {
    test(`depth of ${what}`, () => assert.match(refusal(source), /nested too deeply/));
  }

  test("depth of operators that the parser takes", () => {
    assert.match(
      refusal(`${"- ".repeat(300)}1`),
      /^Expressions are nested more than 200 levels deep/,
    );
  });

  test("depth by constants", () => {
    const levels = Array.from({ length: 300 }, (_, level) => `const c${level + 1} = [c${level}];`);
    assert.match(
      refusal(`const c0 = 1; ${levels.join("")} db.collection('c').where({a: c300}).get()`),
      /^Values are nested more than 200 levels deep at line 1, column \d+$/,
    );
  });

  test("depth of what conditions become", () => {
    const levels = Array.from(
      { length: 150 },
      (_, level) => `const c${level + 1} = _.not(c${level});`,
    );
    assert.match(
      refusal(`const c0 = _.gt(1); ${levels.join("")} db.collection('c').where({a: c150}).get()`),
      /^The filter is not well-formed: Nested deeper than 200/,
    );
  });

  test("constants that hold each other do not grow beyond measure", () => {
    const levels = Array.from(
      { length: 40 },
      (_, level) => `const c${level + 1} = [c${level}, c${level}, c${level}];`,
    );
    assert.match(
      refusal(`const c0 = 'x'; ${levels.join("")} db.collection('c').where({a: c40}).get()`),
      /^The query is larger than 16 MiB at line 1, column \d+$/,
    );
  });

  test("paths that flattening repeats do not grow beyond measure", () => {
    const leaves = Array.from({ length: 20_000 }, (_, leaf) => `k${leaf}: 1`).join();
    assert.match(
      refusal(
        `const many = {${leaves}}; db.collection('c').where({${"p".repeat(10_000)}: many}).get()`,
      ),
      /^The query is larger than 16 MiB at line 1, column \d+$/,
    );
  });

  test("length", () => {
    assert.equal(
      refusal(" ".repeat(1024 * 1024 + 1)),
      "The query is longer than 1,048,576 characters at line 1, column 1",
    );
  });
});
