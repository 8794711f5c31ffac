import { Collections } from "./collections.ts";
import { Connection } from "./connection.ts";
import { type Credentials, tokenSource } from "./credentials.ts";
import { Files } from "./files.ts";
import { Jobs } from "./jobs.ts";
import type { RetryOptions } from "./retry.ts";
import { WeChatCalls } from "./wechat.ts";

export type DocferryOptions = Credentials & {
  /** `http://HOST:PORT` */
  server: string;
  /** Id of the environment. */
  environment: string;
  /** The platform's own unless given. */
  fetch?: typeof fetch;
  retry?: RetryOptions;
  /** ms within which an answer must be there (60,000); streams take as long as they take. */
  timeoutMs?: number;
};

/** An environment of a docferry service. */
export class Docferry {
  readonly jobs: Jobs;
  readonly files: Files;
  readonly collections: Collections;
  /** The vendor's calls. */
  readonly wechat: WeChatCalls;

  constructor(options: DocferryOptions) {
    const { server, environment } = options;
    // Called without its object, as browsers want it.
    const send: typeof fetch = options.fetch ?? ((...request) => globalThis.fetch(...request));
    const connection = new Connection({
      address: server,
      tokens: tokenSource(options, { address: server, fetch: send }),
      fetch: send,
      retry: options.retry ?? {},
      timeoutMs: options.timeoutMs ?? 60_000,
    });
    this.jobs = new Jobs(connection, environment);
    this.files = new Files(connection, environment);
    this.collections = new Collections(connection, environment);
    this.wechat = new WeChatCalls(connection, environment);
  }
}
