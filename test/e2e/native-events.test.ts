import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { assertProblem, nativeAccount, NativeService } from "../support/native.ts";

let api: NativeService;
before(async () => {
  api = await NativeService.start();
});
after(() => api[Symbol.asyncDispose]());

interface Event {
  id: string;
  event: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  data: any;
}

/** The events of a stream as they come, to its end. */
async function* events(id: number, headers: Record<string, string> = {}): AsyncGenerator<Event> {
  const response = await fetch(api.url(`jobs/${id}/events`), {
    headers: { authorization: `Bearer ${api.token}`, ...headers },
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.ok(response.body);
  let text = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split("\n")
          .map((line) => line.split(/: ?(.*)/s).slice(0, 2)),
      );
      text = text.slice(end + 2);
      if (fields["data"] === undefined) continue;
      yield { id: fields["id"], event: fields["event"], data: JSON.parse(fields["data"]) };
    }
  }
}

const many = Array.from({ length: 300_000 }, (_, n) => `{"_id":${n},"t":"${"x".repeat(60)}"}`);

async function longJob(): Promise<number> {
  const collection = `c${Math.random()}`;
  await api.put("long.jsonl", ["{bad", ...many].join("\n"));
  const order = { type: "import", file: "long.jsonl", collection, format: "json" };
  return (await api.submit(order)).id;
}

test("a job is told from its state to its end, and only what is new", async () => {
  const id = await longJob();
  const told: Event[] = [];
  for await (const event of events(id)) told.push(event);
  const states = told.filter(({ event }) => event === "state").map(({ data }) => data.state);
  assert.deepEqual(states, [...new Set(states)], "no state is told twice");
  assert.equal(states.at(-1), "succeeded");
  assert.deepEqual(told.at(-1)?.event, "state");
  assert.deepEqual(told.at(-1)?.data, (await api.send("GET", `jobs/${id}`)).json);
  const records = told.filter(({ event }) => event === "progress").map(({ data }) => data.records);
  assert.ok(records.length > 1, "it took more than one look");
  assert.deepEqual(
    records,
    [...new Set(records)].sort((a, b) => a - b),
  );
  assert.equal(records.at(-1), 300_001);
  const [reject, ...more] = told.filter(({ event }) => event === "reject");
  assert.deepEqual(more, []);
  assert.equal(reject?.data.count, 1);
  assert.deepEqual([reject?.data.first[0].line, reject?.data.first[0].code], [1, "json_syntax"]);
  assert.ok(told.every(({ id: event }) => event !== ""));
});

test("a listener who comes back is told nothing again", async () => {
  const id = await longJob();
  const told: Event[] = [];
  for await (const event of events(id)) {
    told.push(event);
    if (event.event === "progress") break;
  }
  for await (const event of events(id, { "last-event-id": told.at(-1)?.id ?? "" }))
    told.push(event);
  const states = told.filter(({ event }) => event === "state").map(({ data }) => data.state);
  assert.deepEqual(states, [...new Set(states)]);
  const records = told.filter(({ event }) => event === "progress").map(({ data }) => data.records);
  assert.deepEqual(
    records,
    [...new Set(records)].sort((a, b) => a - b),
  );
  assert.equal(told.filter(({ event }) => event === "reject").length, 1);
  const last = { "last-event-id": told.at(-1)?.id ?? "" };
  const answer = await api.send("GET", `jobs/${id}/events`, { headers: last });
  assert.equal(answer.status, 204, "an EventSource does not come back then");
});

test("of an ended job its end is told", async () => {
  const job = await api.imported("ended", "{bad\n");
  const told = [];
  for await (const event of events(job.id)) told.push(event.event);
  assert.deepEqual(told, ["reject", "progress", "state"]);
});

test("ids that are none are refused", async () => {
  const job = await api.imported("ids", "{}");
  for (const id of ["x", "running.0.1.2", "nostate.0.1.2.3", "running.0.1.2.3.4"]) {
    const sent = await api.send("GET", `jobs/${job.id}/events`, {
      headers: { "last-event-id": id },
    });
    assertProblem(sent, 400, "invalid_argument", /Last-Event-ID/);
  }
  assertProblem(await api.send("GET", "jobs/99999/events"), 404, "job_not_found");
});

test("listeners who never read or go away hold nothing up, and the service stops with them", async () => {
  const own = await NativeService.start();
  await own.put("long.jsonl", many.join("\n"));
  const { id } = await own.submit({
    type: "import",
    file: "long.jsonl",
    collection: "c",
    format: "json",
  });
  const { port } = new URL(own.service.address);
  const sockets = Array.from({ length: 20 }, () => {
    const socket = connect(Number(port), "127.0.0.1").pause();
    socket.on("error", () => undefined);
    const path = `/v1/environments/${nativeAccount.envId}/jobs/${id}/events`;
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${own.token}\r\n\r\n`);
    return socket;
  });
  for (const socket of sockets.slice(0, 10)) socket.destroy();
  while ((await own.send("GET", `jobs/${id}`)).json.progress.records === 0);
  const began = performance.now();
  await own[Symbol.asyncDispose]();
  assert.ok(performance.now() - began < 8000, "the streams end with the service");
  for (const socket of sockets) socket.destroy();
});
