import { ContentDigest } from "../../src/bson/digest.ts";
import { createScanner } from "../../src/formats/formats.ts";
import { dialectOf } from "../../src/formats/csv/dialect.ts";
import type { Chunk } from "../../src/job/chunk.ts";

/** What comes out of all that has a kernel, on input of several windows. */
export function kernelResults(): Record<"json" | "csv" | "tsv", Chunk[]> & { digest: string } {
  const csv = 'one,"two, ""three""\r\nfour",5\r\na"b,6\n'.repeat(10_000);
  const digest = new ContentDigest();
  const starts = Uint32Array.from({ length: 6000 }, (_, i) => i * 40 + (i % 30));
  digest.add({ bytes: Buffer.from(csv), starts, count: 5999 });
  const json = `[${'{"a":[{"b":"\\\\}"}]},\n{"c":{}}, '.repeat(10_000)}{"a":]},{}]`;
  return {
    json: chunksOf("json", json),
    csv: chunksOf("csv", csv),
    tsv: chunksOf("tsv", csv),
    digest: digest.toString(),
  };
}

function chunksOf(format: "csv" | "tsv" | "json", text: string): Chunk[] {
  const start = { offset: 0, line: 1 };
  const options = { chunkBytes: 100_000, start, legacy: false, dialect: dialectOf({}) };
  return createScanner(format, options).push(Buffer.from(text), true);
}
