import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { account, TestService } from "../support/service.ts";

/** Kills come this long after the service is ready, at most. */
const longestLifeMs = 1_500;

/** Longer than any request may take, restarts included. */
const patienceMs = 120_000;

type Cleanup = Parameters<typeof TestService.start>[0];

/** A service on one folder that is killed at moments that the seed names, and started again each time. */
export class KilledService {
  readonly folder: string;
  readonly #cleanup: Cleanup;
  readonly #random: () => number;
  #kills: number;
  #killed = 0;
  #service: Promise<TestService>;
  #token: Promise<string>;
  #loop: Promise<void> | null = null;

  constructor(options: { cleanup: Cleanup; folder: string; random: () => number; kills: number }) {
    this.#cleanup = options.cleanup;
    this.folder = options.folder;
    this.#random = options.random;
    this.#kills = options.kills;
    this.#service = this.#start();
    this.#token = tokenOf(this.#service);
  }

  get killed(): number {
    return this.#killed;
  }

  /** All kills are done: what runs from now on is not disturbed. */
  get calm(): boolean {
    return this.#killed >= this.#kills;
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
      const [service, token] = [await this.#service, await this.#token.catch(() => null)];
      try {
        const response = await fetch(
          `${service.address}/v1/environments/${account.environment}/${path}`,
          {
            method,
            headers: { ...options.headers, authorization: `Bearer ${token}` },
            ...(options.body === undefined ? {} : { body: options.body as string }),
          },
        );
        const bytes = Buffer.from(await response.arrayBuffer());
        if (token !== null) return { status: response.status, bytes };
      } catch (error) {
        // Only a kill may cut a request off.
        if (service.child.signalCode !== "SIGKILL" && service.child.exitCode !== null) throw error;
      }
      assert.ok(Date.now() < end, `${method} ${path} got no answer: ${service.log}`);
      await sleep(5);
    }
  }

  async #killOnAndOn(): Promise<void> {
    while (!this.calm) {
      const service = await this.#service.catch(() => null);
      if (!service) return;
      await sleep(this.#random() * longestLifeMs);
      await service.kill();
      this.#killed++;
      this.#service = this.#start();
      this.#token = tokenOf(this.#service);
    }
  }

  #start(): Promise<TestService> {
    const service = TestService.start(this.#cleanup, this.folder, {
      flags: ["--log-level", "warn", "--threads", "2"],
    });
    service.catch(() => undefined);
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
