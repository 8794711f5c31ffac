import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { all as addressesOf } from "@fastify/proxy-addr";
import { accountOf, type Caller } from "../access/caller.ts";
import type { BodyHead } from "./json-body.ts";
import { newRid } from "./rid.ts";
import { isVendorHost } from "./vendor-hosts.ts";

export interface ContextOptions {
  /** What the operator says addresses begin with; null: the host that the client asked for. */
  publicUrl: string | null;
  /** Believe the X-Forwarded headers of a proxy. */
  trustProxy: boolean;
  /** Within so many ms all of a JSON body has to come. */
  bodyMs: number;
}

/**
 * What all surfaces know of a request. A class: an accessor in an object literal gives each object a shape of its own, and one for
 * each request was a fifth of a status query.
 */
export class RequestContext {
  /** Its body, where no parser of Fastify's has read it, and what else Node knows. */
  readonly raw: IncomingMessage;
  /** Path and query that it is routed by. */
  readonly url: string;
  /** Unix ms. */
  readonly receivedAt: number;
  /** Whose call it is, once a token or a signature has told. */
  caller: Caller | null = null;
  /** The account that it is about, once that is known; for the log. */
  appId: string | null = null;
  /** What was answered, on the vendor's paths; for the log. */
  errcode: number | null = null;
  /** The app that the request names without having proved to be it. */
  namedApp: string | null = null;
  /** A look at how a job or the service is, which clients repeat: the log need not have each. */
  polled = false;
  /** What has been read of the body, where it is no file. */
  body: BodyHead | null = null;
  /** The answer as it was sent, if it was an error. */
  failure: string | null = null;
  readonly #options: ContextOptions;
  #rid: string | null = null;

  /** @param now unix ms */
  constructor(raw: IncomingMessage, url: string, now: number, options: ContextOptions) {
    this.raw = raw;
    this.url = url;
    this.receivedAt = now;
    this.#options = options;
  }

  /** Stands in every answer that is not ok, and in the log. */
  get rid(): string {
    return (this.#rid ??= newRid(this.receivedAt));
  }

  get method(): string {
    return this.raw.method ?? "";
  }

  get bodyMs(): number {
    return this.#options.bodyMs;
  }

  /** Address of the client. */
  get client(): string {
    if (!this.#options.trustProxy) return this.raw.socket.remoteAddress ?? "";
    return addressesOf(this.raw, () => true).at(-1) ?? "";
  }

  /** The host that the client asked for, with its port where it named one. */
  get host(): string {
    return this.#forwarded("x-forwarded-host") ?? this.raw.headers.host ?? "";
  }

  get protocol(): string {
    const spoken = (this.raw.socket as TLSSocket).encrypted ? "https" : "http";
    return this.#forwarded("x-forwarded-proto") ?? spoken;
  }

  /** What addresses in answers begin with, without a slash at the end. Few answers have one in them. */
  get baseUrl(): string {
    return (this.#options.publicUrl ?? this.#askedUrl()).replace(/\/+$/, "");
  }

  /** What the proxy nearest to this service says. */
  #forwarded(header: string): string | undefined {
    if (!this.#options.trustProxy) return undefined;
    const value = this.raw.headers[header];
    return (
      String(value ?? "")
        .split(",")
        .at(-1)
        ?.trim() || undefined
    );
  }

  /**
   * A Host header is the client's word: what is no host does not get into an address. Nor does a host of the vendor's, which the
   * client meant this service by.
   */
  #askedUrl(): string {
    const { localAddress = "127.0.0.1", localPort = 80 } = this.raw.socket;
    const isReachable =
      /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/.test(this.host) &&
      !isVendorHost(this.host);
    const host = isReachable
      ? this.host
      : `${localAddress.includes(":") ? `[${localAddress}]` : localAddress}:${localPort}`;
    return `${this.protocol}://${host}`;
  }
}

declare module "fastify" {
  interface FastifyRequest {
    docferry: RequestContext;
  }
}

export function noteCaller(context: RequestContext, caller: Caller): void {
  context.caller = caller;
  context.appId = accountOf(caller);
}
