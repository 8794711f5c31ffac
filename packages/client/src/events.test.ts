import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseEvents, type ServerSentEvent } from "./events.ts";

async function parsed(pieces: string[]): Promise<{ events: ServerSentEvent[]; retry: number[] }> {
  const retry: number[] = [];
  const events: ServerSentEvent[] = [];
  async function* all() {
    yield* pieces;
  }
  for await (const event of parseEvents(all(), (ms) => retry.push(ms))) events.push(event);
  return { events, retry };
}

const text = [
  "retry: 2000\n\n",
  ": still here\n\n",
  'id: 1\nevent: state\ndata: {"a":1}\n\n',
  "data:no blank\ndata: two lines\n\n",
  "id: 2\nevent: progress\n\n",
  "data: x\nunknown: y\n\n",
  "id: 3\ndata: cut off",
].join("");

const events = [
  { id: "1", event: "state", data: '{"a":1}' },
  { id: "1", event: "message", data: "no blank\ntwo lines" },
  { id: "2", event: "message", data: "x" },
];

test("events are those of the standard; what is cut off is none", async () => {
  assert.deepEqual(await parsed([text]), { events, retry: [2000] });
  assert.deepEqual((await parsed([text.replaceAll("\n", "\r\n")])).events, events);
  assert.deepEqual((await parsed([text.replaceAll("\n", "\r")])).events, events);
});

test("it does not matter in which pieces the text comes", async () => {
  const cut = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(cut, fc.constantFrom("\n", "\r\n", "\r"), async (sizes, lineEnd) => {
      const whole = text.replaceAll("\n", lineEnd);
      const pieces: string[] = [];
      for (let at = 0, i = 0; at < whole.length; i++) {
        const size = sizes[i % sizes.length] ?? 1;
        pieces.push(whole.slice(at, at + size));
        at += size;
      }
      assert.deepEqual((await parsed(pieces)).events, events);
    }),
    { numRuns: 50 },
  );
});
