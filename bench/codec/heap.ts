import type { Documents } from "../../src/bson/documents.ts";
import type { DecoderMemory } from "../../src/formats/codec.ts";
import { createDecoder, createEncoder } from "../../src/formats/formats.ts";
import { formatsOf, pagesOf, textOf } from "./directions.ts";

const warmUps = 10;

/**
 * What each way through the codec leaves in V8's heap for the collector, in bytes a document: the median of all pages, most of which
 * no collection falls into.
 */
export function heapCosts(
  documents: Documents,
  rounds: number,
): { direction: string; bytes: number }[] {
  const pages = pagesOf(documents);
  const memory: DecoderMemory = { text: Buffer.alloc(0), documents: Buffer.alloc(0) };
  const costOf = (run: (page: number) => void): number => {
    const found: number[] = [];
    for (let round = 0; round < warmUps + rounds; round++) {
      for (const [index, { count }] of pages.entries()) {
        const before = process.memoryUsage().heapUsed;
        run(index);
        const left = process.memoryUsage().heapUsed - before;
        if (round >= warmUps) found.push(left / count);
      }
    }
    return found.toSorted((a, b) => a - b)[found.length >> 1] ?? Number.NaN;
  };
  return Object.entries(formatsOf(documents)).flatMap(([format, { in: decode, out: encode }]) => {
    const name = format.toUpperCase();
    const texts = pages.map((page) => textOf(encode, page));
    const encoder = createEncoder(encode);
    const taken = costOf((page) => {
      createDecoder(decode, { offset: 0, line: 1 }, memory).push(texts[page]!, true);
    });
    const given = costOf((page) => {
      encoder.encode(pages[page]!, false);
    });
    return [
      { direction: `${name} -> BSON`, bytes: taken },
      { direction: `BSON -> ${name}`, bytes: given },
    ];
  });
}
