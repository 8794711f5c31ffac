import type { FastifyRequest } from "fastify";
import { accountOf, type Caller } from "../access/caller.ts";
import type { BodyHead } from "./json-body.ts";
import { isVendorHost } from "./vendor-hosts.ts";

/** What all surfaces know of a request. */
export interface RequestContext {
  /** Stands in every answer that is not ok, and in the log. */
  readonly rid: string;
  /** Unix ms. */
  readonly receivedAt: number;
  /** What addresses in answers begin with, without a slash at the end. */
  readonly baseUrl: string;
  /** Whose call it is, once a token or a signature has told. */
  caller: Caller | null;
  /** The account that it is about, once that is known; for the log. */
  appId: string | null;
  /** What was answered, on the vendor's paths; for the log. */
  errcode: number | null;
  /** The app that the request names without having proved to be it. */
  namedApp: string | null;
  /** A look at how a job or the service is, which clients repeat: the log need not have each. */
  polled: boolean;
  /** Within so many ms all of a JSON body has to come. */
  readonly bodyMs: number;
  /** What has been read of the body, where it is no file. */
  body: BodyHead | null;
  /** The answer as it was sent, if it was an error. */
  failure: string | null;
}

declare module "fastify" {
  interface FastifyRequest {
    docferry: RequestContext;
  }
}

/**
 * @param publicUrl what the operator says addresses begin with; null: the host that the client asked for
 */
export function contextOf(
  request: FastifyRequest,
  options: { publicUrl: string | null; bodyMs: number; now: number },
): RequestContext {
  return {
    rid: request.id,
    receivedAt: options.now,
    // Few answers have an address in them.
    get baseUrl() {
      return (options.publicUrl ?? askedUrl(request)).replace(/\/+$/, "");
    },
    caller: null,
    appId: null,
    errcode: null,
    namedApp: null,
    polled: false,
    bodyMs: options.bodyMs,
    body: null,
    failure: null,
  };
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
