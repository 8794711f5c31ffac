import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { account, TestService } from "../support/service.ts";

/** What the service is about when it is killed. */
export const phases = ["start", "upload", "import", "export"] as const;
export type Phase = (typeof phases)[number];

/** A kill comes this long after its phase has begun, at most, in ms. */
const longestLifeMs: Record<Phase, number> = { start: 700, upload: 60, import: 500, export: 250 };

/** A phase that does not come is not waited for any longer. */
const phaseWithinMs = 3_000;

/** Longer than any request may take, restarts included. */
const patienceMs = 120_000;

type Cleanup = Parameters<typeof TestService.start>[0];

/** A service on one folder that is killed at moments that the seed names, and started again each time. */
export class KilledService {
  readonly folder: string;
  /** How many kills have struck each phase. */
  readonly struck: Record<Phase, number> = { start: 0, upload: 0, import: 0, export: 0 };
  readonly #cleanup: Cleanup;
  readonly #random: () => number;
  readonly #kills: number;
  readonly #endAt: number;
  #killed = 0;
  #phase: Phase = "upload";
  #onPhase: (() => void) | null = null;
  #child: ChildProcess | null = null;
  #service: Promise<TestService>;
  #token: Promise<string>;
  #loop: Promise<void> | null = null;
  /** Why it does not start, which is no kill's doing. */
  #broken: unknown = null;

  constructor(options: {
    cleanup: Cleanup;
    folder: string;
    random: () => number;
    kills: number;
    /** No kill comes after this many seconds, however many are left. */
    seconds: number;
  }) {
    this.#cleanup = options.cleanup;
    this.folder = options.folder;
    this.#random = options.random;
    this.#kills = options.kills;
    this.#endAt = performance.now() + options.seconds * 1000;
    this.#service = this.#start();
    this.#token = tokenOf(this.#service);
  }

  get killed(): number {
    return this.#killed;
  }

  /** All kills are done (or their time is), and each phase has seen some: what runs from now on is not disturbed. */
  get calm(): boolean {
    if (performance.now() > this.#endAt) return true;
    return this.#killed >= this.#kills && phases.every((phase) => this.struck[phase] > 0);
  }

  /** Whoever uses the service says what it is about to do. */
  enter(phase: Exclude<Phase, "start">): void {
    this.#phase = phase;
    this.#onPhase?.();
  }

  startKilling(): void {
    this.#loop = this.#killOnAndOn();
  }

  /** Waits for the last kill, then stops the service as its operator would. */
  async stop(): Promise<void> {
    await this.#loop;
    assert.equal(await (await this.#service).stop(), 0, "the last stop drains");
  }

  /** A request of the environment's, made again each time that a kill has cut it off. */
  async send(
    method: string,
    path: string,
    options: { body?: string | Uint8Array; headers?: Record<string, string> } = {},
  ): Promise<{ status: number; bytes: Buffer }> {
    const end = Date.now() + patienceMs;
    for (;;) {
      const service = await this.#service.catch(() => null);
      const token = await this.#token.catch(() => null);
      if (service && token !== null) {
        try {
          const url = `${service.address}/v1/environments/${account.environment}/${path}`;
          const response = await fetch(url, {
            method,
            headers: { ...options.headers, authorization: `Bearer ${token}` },
            ...(options.body === undefined ? {} : { body: options.body as string }),
          });
          return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
        } catch (error) {
          // Only a kill may cut a request off.
          const { signalCode, exitCode } = service.child;
          if (signalCode !== "SIGKILL" && exitCode !== null) throw error;
        }
      }
      if (this.#broken !== null) throw this.#broken;
      assert.ok(Date.now() < end, `${method} ${path} got no answer: ${service?.log}`);
      await sleep(5);
    }
  }

  async #killOnAndOn(): Promise<void> {
    while (!this.calm) {
      const aim = phases[Math.floor(this.#random() * phases.length)] as Phase;
      const life = this.#random() * longestLifeMs[aim];
      if (aim !== "start") {
        const service = await this.#service.catch(() => null);
        if (!service) return;
        await this.#entered(aim);
      }
      await sleep(life);
      const child = this.#child;
      if (!child || child.exitCode !== null) return;
      this.struck[(await this.#isReady()) ? this.#phase : "start"]++;
      child.kill("SIGKILL");
      await once(child, "exit");
      await this.#service.catch(() => undefined);
      this.#killed++;
      this.#service = this.#start();
      this.#token = tokenOf(this.#service);
    }
  }

  /** Until the phase begins, or has not begun for a while. */
  async #entered(phase: Phase): Promise<void> {
    const end = performance.now() + phaseWithinMs;
    while (this.#phase !== phase && performance.now() < end) {
      await Promise.race([
        new Promise<void>((resolve) => (this.#onPhase = resolve)),
        sleep(end - performance.now(), undefined, { ref: false }),
      ]);
    }
  }

  async #isReady(): Promise<boolean> {
    const notYet = Symbol("not yet");
    const now = new Promise((resolve) => setImmediate(resolve, notYet));
    return (await Promise.race([this.#service.catch(() => notYet), now])) !== notYet;
  }

  #start(): Promise<TestService> {
    const service = TestService.start(this.#cleanup, this.folder, {
      flags: ["--log-level", "warn", "--threads", "2"],
      spawned: (child) => (this.#child = child),
    });
    const child = this.#child;
    service.catch(async (error: unknown) => {
      if (child && child.exitCode === null && child.signalCode === null) await once(child, "exit");
      if (child?.signalCode !== "SIGKILL") this.#broken = error;
    });
    return service;
  }
}

function tokenOf(service: Promise<TestService>): Promise<string> {
  const token = service.then(async ({ address }) => {
    const answer = await fetch(`${address}/cgi-bin/stable_token`, {
      method: "POST",
      body: JSON.stringify({
        grant_type: "client_credential",
        appid: account.appId,
        secret: account.secret,
      }),
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  });
  token.catch(() => undefined);
  return token;
}
