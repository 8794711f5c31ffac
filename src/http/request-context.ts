import type { FastifyRequest } from "fastify";
import { accountOf, type Caller } from "../access/caller.ts";
import type { BodyHead } from "./json-body.ts";
import { isVendorHost } from "./vendor-hosts.ts";

/**
 * What all surfaces know of a request. A class: an accessor in an object literal gives each object a shape of its own, and one for
 * each request was a fifth of a status query.
 */
export class RequestContext {
  /** Stands in every answer that is not ok, and in the log. */
  readonly rid: string;
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
  /** Within so many ms all of a JSON body has to come. */
  readonly bodyMs: number;
  /** What has been read of the body, where it is no file. */
  body: BodyHead | null = null;
  /** The answer as it was sent, if it was an error. */
  failure: string | null = null;
  readonly #request: FastifyRequest;
  readonly #publicUrl: string | null;

  /**
   * @param options.publicUrl what the operator says addresses begin with; null: the host that the client asked for
   */
  constructor(
    request: FastifyRequest,
    options: { publicUrl: string | null; bodyMs: number; now: number },
  ) {
    this.rid = request.id;
    this.receivedAt = options.now;
    this.bodyMs = options.bodyMs;
    this.#request = request;
    this.#publicUrl = options.publicUrl;
  }

  /** What addresses in answers begin with, without a slash at the end. Few answers have one in them. */
  get baseUrl(): string {
    return (this.#publicUrl ?? askedUrl(this.#request)).replace(/\/+$/, "");
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

/**
 * A Host header is the client's word: what is no host does not get into an address. Nor does a host of the vendor's, which the
 * client meant this service by.
 */
function askedUrl(request: FastifyRequest): string {
  const { localAddress = "127.0.0.1", localPort = 80 } = request.socket;
  const isReachable =
    /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/.test(request.host) &&
    !isVendorHost(request.host);
  const host = isReachable
    ? request.host
    : `${localAddress.includes(":") ? `[${localAddress}]` : localAddress}:${localPort}`;
  return `${request.protocol}://${host}`;
}
