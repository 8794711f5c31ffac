import assert from "node:assert/strict";
import { it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { Document } from "bson";
import * as fc from "fast-check";
import type { Databases, SinkSpec } from "../../src/databases/database.ts";
import type { Counts } from "../../src/job/counts.ts";
import { type TestRecord, batchOf, positionOf, textOf } from "../support/record-batch.ts";
import { query, readTexts, rejectsOf, sinkSpec, uniqueName, writeAll } from "./database-harness.ts";

type Mode = SinkSpec["mode"];

/** What an import is, in the plainest words: one record after another. */
class ModelImport {
  readonly documents: Document[];
  readonly counts: Counts = {
    records: 0,
    inserted: 0,
    updated: 0,
    unchanged: 0,
    deleted: 0,
    rejected: 0,
  };
  readonly rejects: { line: number; code: string }[] = [];
  stopped = false;
  readonly #mode: Mode;
  readonly #fields: string[];

  constructor(documents: Document[], mode: Mode, fields: string[]) {
    this.documents = documents;
    this.#mode = mode;
    this.#fields = fields;
  }

  write(records: TestRecord[], stopOnError: boolean): void {
    for (const [i, record] of records.entries()) {
      this.counts.records++;
      const result = this.#one(record);
      if (result in this.counts) {
        this.counts[result as keyof Counts]++;
        continue;
      }
      this.counts.rejected++;
      this.rejects.push({ line: i + 1, code: result });
      this.stopped = stopOnError;
      if (stopOnError) return;
    }
  }

  #one(record: TestRecord): string {
    if (typeof record["reject"] === "string") return record["reject"];
    const document = record as Document;
    if (Array.isArray(document["_id"])) return "invalid_id";
    const found = this.#mode === "insert" ? undefined : this.#find(document);
    if (found) return this.#change(found, document);
    if (this.#mode === "delete") return "unchanged";
    if (this.#hasId(document["_id"])) return "duplicate_id";
    this.documents.push(document);
    return "inserted";
  }

  #find(record: Document): Document | undefined {
    if (this.#fields.every((field) => (record[field] ?? null) === null)) return undefined;
    return this.documents.find((document) =>
      this.#fields.every((field) => matches(document[field], record[field] ?? null)),
    );
  }

  #change(found: Document, record: Document): string {
    const at = this.documents.indexOf(found);
    if (this.#mode === "delete") {
      this.documents.splice(at, 1);
      return "deleted";
    }
    if (record["_id"] !== found["_id"]) return "invalid_id";
    const changed = this.#mode === "merge" ? { ...found, ...record } : record;
    if (textOf(changed) === textOf(found)) return "unchanged";
    this.documents[at] = changed;
    return "updated";
  }

  #hasId(id: unknown): boolean {
    return this.documents.some(({ _id }) => _id === id);
  }
}

function matches(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(value)) return value.includes(wanted) || isDeepStrictEqual(value, wanted);
  return (value ?? null) === wanted;
}

const id = fc.integer({ min: 0, max: 12 });
const few = fc.integer({ min: 0, max: 3 });
const stored = fc.oneof(
  { weight: 6, arbitrary: fc.record({ _id: id, a: few }) },
  { weight: 2, arbitrary: fc.record({ _id: id, b: few }) },
  {
    weight: 2,
    arbitrary: fc.record({
      _id: id,
      a: fc.oneof(fc.constant(null), fc.array(few, { maxLength: 3 })),
      b: few,
    }),
  },
);
const record: fc.Arbitrary<TestRecord> = fc.oneof(
  { weight: 12, arbitrary: stored },
  { weight: 1, arbitrary: fc.constant({ _id: [1] }) },
  { weight: 1, arbitrary: fc.constant({ reject: "json_syntax" as const }) },
);

export function sinkModelTests(databases: () => Databases): void {
  for (const mode of ["insert", "upsert", "merge", "delete"] as const) {
    for (const upsertFields of mode === "insert" ? [["_id"]] : [["_id"], ["a"], ["a", "b"]]) {
      it(`${mode} by ${upsertFields.join(" and ")} does record by record what it says`, async () => {
        const database = await databases().open("models");
        const records = fc.array(record, { maxLength: 25 });
        await fc.assert(
          fc.asyncProperty(
            // In order of _id: of several documents that match, all databases then find the same one first.
            fc.uniqueArray(stored, { maxLength: 12, selector: ({ _id }) => _id }),
            records,
            fc.boolean(),
            fc.nat(25),
            async (unordered, written, stopOnError, cut) => {
              const before = unordered.toSorted((a, b) => a["_id"] - b["_id"]);
              const collection = uniqueName("model");
              const model = new ModelImport([], "insert", ["_id"]);
              model.write(before, false);
              const spec = sinkSpec({ collection, mode, upsertFields, stopOnError });
              await writeAll(database, sinkSpec({ collection }), before);
              const expected = new ModelImport(model.documents, mode, upsertFields);
              expected.write(written, stopOnError);
              await compare(written, cut, spec, expected);
            },
          ),
          { numRuns: 40 },
        );

        async function compare(
          written: TestRecord[],
          cut: number,
          spec: SinkSpec,
          expected: ModelImport,
        ): Promise<void> {
          await using sink = await database.openSink(spec);
          let progress = sink.progress;
          const at = Math.min(cut, written.length);
          for (const [from, to] of [
            [0, at],
            [at, written.length],
          ] as const) {
            if (progress.stopped) break;
            progress = await sink.write(batchOf(written.slice(from, to), from), positionOf(from));
          }
          assert.deepEqual(progress, {
            position: positionOf(expected.counts.records),
            counts: expected.counts,
            stopped: expected.stopped,
          });
          assert.deepEqual(
            (await rejectsOf(database, spec.jobKey)).map(({ line, code }) => ({ line, code })),
            expected.rejects,
          );
          assert.deepEqual(
            await readTexts(database, query(spec.collection)),
            expected.documents.toSorted((a, b) => a["_id"] - b["_id"]).map(textOf),
          );
        }
      });
    }
  }
}
