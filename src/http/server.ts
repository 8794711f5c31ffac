import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type HttpLimits, serverOptions } from "./limits.ts";

/** What a client speaks in TLS: HTTP/1.1, which an agent for proxies that clients of the vendor's have spells with a blank. */
const protocolOf = ({ protocols }: { protocols: string[] }): string | undefined =>
  ["http/1.1", "http 1.1", "http/1.0"].find((one) => protocols.includes(one));

/** Node's server, with TLS where there is a certificate. It does not listen yet. */
export function createServer(
  listener: RequestListener,
  { limits, tls }: { limits: HttpLimits; tls: { cert: Buffer; key: Buffer } | null },
): Server {
  const options = serverOptions(limits);
  return tls
    ? createHttpsServer({ ...tls, ALPNCallback: protocolOf, ...options }, listener)
    : createHttpServer(options, listener);
}
