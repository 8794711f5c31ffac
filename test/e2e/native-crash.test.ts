import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { account, TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** Calls to a service in a process of its own. */
async function callsOf(service: TestService) {
  const query = `grant_type=client_credential&appid=${account.appId}&secret=${account.secret}`;
  const token = await fetch(`${service.address}/cgi-bin/token?${query}`);
  const { access_token } = (await token.json()) as { access_token: string };
  return (method: string, path: string, body?: string, headers: Record<string, string> = {}) =>
    fetch(`${service.address}/v1/environments/${account.environment}/${path}`, {
      method,
      headers: { authorization: `Bearer ${access_token}`, ...headers },
      ...(body !== undefined && { body }),
    });
}

async function restarted(t: TestContext, folder: string) {
  const service = await TestService.start(t, folder);
  return { service, call: await callsOf(service) };
}

test("a submit under a key, and what a listener was told, outlive SIGKILL", async (t) => {
  const folder = await tempFolder(t);
  const before = await restarted(t, folder);
  const lines = Array.from({ length: 150_000 }, (_, n) => `{"_id":${n},"t":"${"x".repeat(60)}"}`);
  assert.equal((await before.call("PUT", "files/f", lines.join("\n"))).status, 201);
  const order = '{"type":"import","file":"f","collection":"c","format":"json"}';
  const headers = { "idempotency-key": "once" };
  const submitted = await before.call("POST", "jobs", order, headers);
  assert.equal(submitted.status, 201);
  const { id } = (await submitted.json()) as { id: number };

  const told: {
    id: string;
    event: string;
    data: { state?: string; stalled?: string | null; records?: number };
  }[] = [];
  const listen = async (response: Response, isEnough: () => boolean) => {
    let text = "";
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += piece;
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const [, event, name, data] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
        if (event && name && data) told.push({ id: event, event: name, data: JSON.parse(data) });
      }
      if (isEnough()) return;
    }
  };
  const stream = await before.call("GET", `jobs/${id}/events`);
  await listen(stream, () => told.some(({ event }) => event === "progress"));
  await before.service.kill();

  const { call } = await restarted(t, folder);
  const again = await call("POST", "jobs", order, headers);
  assert.equal(again.status, 200);
  assert.equal(((await again.json()) as { id: number }).id, id);
  const rest = await call("GET", `jobs/${id}/events`, undefined, {
    "last-event-id": told.at(-1)?.id ?? "",
  });
  await listen(rest, () => false);
  // A job whose worker died is stalled for a moment: that is news, the state that it had is not.
  const states = told
    .filter(({ event }) => event === "state")
    .map(({ data }) => `${data.state} ${data.stalled ?? ""}`);
  for (const [index, state] of states.entries()) {
    assert.notEqual(state, states[index - 1], `told twice: ${states.join(", ")}`);
  }
  assert.equal(states.at(-1), "succeeded ");
  const records = told
    .filter(({ event }) => event === "progress")
    .map(({ data }) => data.records ?? 0);
  assert.deepEqual(
    records,
    [...new Set(records)].sort((a, b) => a - b),
  );
  assert.equal(records.at(-1), 150_000);
});
