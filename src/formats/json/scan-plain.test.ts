import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { kernels } from "../../wasm/kernels.ts";
import { ChunkCutter } from "./scan-cutter.ts";
import type { Item, ItemSink } from "./scan-item.ts";
import { Items } from "./scan-items.ts";

// Plain records are passed over by the kernel; where chunks end, lines and what is left to come are as when each is followed.

const record = fc.oneof(
  { weight: 4, arbitrary: fc.json({ maxDepth: 4 }).map((text) => `{"k":${text}}`) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 200 }).map((n) => `{"${"t".repeat(n)}":[]}`) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 70 }).map((n) => `{"${"\\".repeat(n)}"}`) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 60, max: 68 })
      .map((n) => `{"k":${"[".repeat(n)}${"]".repeat(n)}}`),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "{}",
      '{\n  "a": {\n    "b": 1\n  },\n  "c": [\n    {\n      "d": 2\n    }, {}\n  ]\n}',
      '{"a":[{"b":"}]"},{"c":"\\"{"}, [[]]]}',
      '{"a":1,{"b":2}}',
      `{"a":${"[".repeat(66)}${"]".repeat(64)}}}}`,
      "[]",
      "5",
    ),
  },
);
const between = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(",", "\n", ",\n", "", " ") },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(" ", "\n", "\r\n", "\t"), fc.nat(99))
      .map(([blank, n]) => blank.repeat(n)),
  },
);
/** What breaks a record, or makes another of it. */
const changed = fc.tuple(fc.nat(), fc.constantFrom(...Buffer.from('"\\{}[]:,\n x\u0001')));
const text = fc
  .tuple(
    fc.array(
      fc.tuple(
        fc.array(fc.tuple(record, between), { maxLength: 10 }),
        fc.constantFrom(1, 1, 2, 60),
      ),
      { maxLength: 5 },
    ),
    fc.array(changed, { maxLength: 3 }),
  )
  .map(([blocks, changes]) => {
    const bytes = Buffer.from(
      blocks.map(([items, times]) => items.flat().join("").repeat(times)).join(""),
    );
    for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
    return bytes;
  });
const sizes = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 200_000 })),
  {
    minLength: 1,
    maxLength: 4,
  },
);

for (const layout of ["sequence", "array"] as const) {
  test(`${layout}: passing over plain records comes to what following each of them does`, () => {
    assert.ok(kernels());
    fc.assert(
      fc.property(
        text,
        sizes,
        fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 100_000 })),
        (bytes, cuts, chunkBytes) => {
          const file = layout === "array" ? Buffer.concat([Buffer.from("["), bytes]) : bytes;
          const passing = new ChunkCutter(chunkBytes);
          const following = new ChunkCutter(chunkBytes);
          assert.deepEqual(
            states(layout, file, cuts, passing, passing),
            states(layout, file, cuts, following, new EachRecord(following)),
          );
        },
      ),
      { numRuns: 2000 },
    );
  });
}

test("most records are passed over", () => {
  const cutter = new CountingCutter(1 << 20);
  const bytes = Buffer.from('{"a":[{"b":"\\\\"}]}\n'.repeat(100_000));
  states("sequence", bytes, [bytes.length], cutter, cutter);
  assert.ok(cutter.told < 100, `told of ${cutter.told}`);
});

/** What can be seen from without, after each piece. */
function states(
  layout: "sequence" | "array",
  bytes: Buffer,
  cuts: number[],
  cutter: ChunkCutter,
  sink: ItemSink,
): unknown[] {
  const items = new Items(layout, { offset: 0, line: 1 }, false, false, sink);
  const seen: unknown[] = [];
  let from = 0;
  for (let i = 0; from < bytes.length; i++) {
    const to = Math.min(from + cuts[i % cuts.length]!, bytes.length);
    items.push(bytes.subarray(from, to), to === bytes.length);
    seen.push([cutter.take(), items.restart, items.closed]);
    from = to;
  }
  return seen;
}

/** Takes the same places, but is told of each record, so that none is passed over. */
class EachRecord implements ItemSink {
  readonly wished = 0;
  readonly breaks = 0;
  readonly cutter: ChunkCutter;

  constructor(cutter: ChunkCutter) {
    this.cutter = cutter;
  }

  begins(item: Readonly<Item>): void {
    this.cutter.begins(item);
  }
  read(): number {
    return -1;
  }
  object(): void {}
  anomaly(): void {}
  brokenEnds(): void {}
  other(): void {}
  tooLarge(): void {}
  trailing(): void {}
}

/** Counts the records that it is told of. */
class CountingCutter extends ChunkCutter {
  told = 0;
  override begins(item: Readonly<Item>): void {
    this.told++;
    super.begins(item);
  }
}
