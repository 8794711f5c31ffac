import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { Job } from "../../job/job.ts";
import { exampleJob, openTestApp, StandingEngine } from "../../../test/support/wechat.ts";

/** An engine whose job the test moves, and whose listeners it calls. */
class MovedEngine extends StandingEngine {
  readonly listeners = new Set<() => void>();
  looks = 0;

  override async job(environment: string, id: number): Promise<Job> {
    this.looks++;
    return super.job(environment, id);
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  move(values: Partial<Job>): void {
    this.jobs.set(1, exampleJob({ state: "running", ...values }));
    for (const listener of this.listeners) listener();
  }
}

async function openEvents(options: { idleMs: number; heartbeatMs: number }) {
  const engine = new MovedEngine();
  engine.move({});
  const opened = await openTestApp({
    engine: engine as never,
    idleMs: options.idleMs,
    eventTimes: { pauseMs: 1, lookMs: 20, heartbeatMs: options.heartbeatMs },
    // The standing clock of the accounts would let no silence pass.
    clock: Date.now,
  });
  await opened.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = opened.app.server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  socket.write(
    `GET /v1/environments/mine-1/jobs/1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${opened.token}\r\n\r\n`,
  );
  return { ...opened, engine, socket };
}

test("silence is broken by a comment, so that the connection is known to live", async () => {
  await using opened = await openEvents({ idleMs: 60_000, heartbeatMs: 40 });
  const { socket, engine } = opened;
  let text = "";
  for await (const piece of socket) {
    text += String(piece);
    if (text.split(": still here\n\n").length > 2) break;
  }
  assert.equal(text.split("event: state").length, 2, "the state is told once");
  while (engine.listeners.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

test("a listener who never reads is cut off, and costs no more than its buffers meanwhile", async () => {
  await using opened = await openEvents({ idleMs: 300, heartbeatMs: 60_000 });
  const { socket, engine } = opened;
  socket.pause();
  socket.on("error", () => undefined);
  // Each look finds a megabyte of news.
  const collection = "c".repeat(1 << 20);
  const { spec } = exampleJob();
  let stalled = false;
  const moving = setInterval(() => {
    stalled = !stalled;
    engine.move({
      spec: { ...spec, collection } as Job["spec"],
      stalled: stalled ? "disk full" : null,
    });
  }, 2);
  try {
    while (engine.listeners.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    while (engine.listeners.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  } finally {
    clearInterval(moving);
  }
  assert.ok(
    engine.looks < 200,
    `it was asked ${engine.looks} times: nothing is made for who does not read`,
  );
  socket.resume();
  await once(socket, "close");
  assert.ok(opened.log.some((line) => line.includes("/jobs/1/events")));
});
