import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";

/** What clients who are slow, or many, may cost. */
export interface HttpLimits {
  /** Within so many ms all headers of a request have come, counted from its connection or the end of the request before. */
  headersMs: number;
  /** Within so many ms all of a JSON body has come. Bodies that are files may take longer, as long as something comes. */
  bodyMs: number;
  /** Connections at a time; those beyond are closed at once. */
  maxConnections: number;
}

/** Files that are kept for the stores, and for logs. */
const keptForStores = 256;

/**
 * As many connections as there may be files: each may hold one open, besides itself. Where the system refuses to open more files,
 * stores fail as well, and connections are what there are most of.
 * @param openFiles that this process may have open; null where nobody says
 */
export function connectionsWithin(openFiles: number | null, wanted: number): number {
  if (openFiles === null) return wanted;
  return Math.max(16, Math.min(wanted, Math.floor((openFiles - keptForStores) / 2)));
}

/** Longer than balancers keep a connection open, so that it is they who close it and never one of their requests that is lost. */
const keepAliveMs = 72_000;

/** Options of Node's server that go with the limits. A request without Host is refused by `checkHost`: Node's own refusal has no body. */
export function serverOptions({ headersMs }: HttpLimits) {
  return {
    headersTimeout: headersMs,
    // A file takes as long as it takes.
    requestTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: Math.ceil(headersMs / 6),
    requireHostHeader: false,
  };
}

/** Refusals of a minute are one line. */
const warnEveryMs = 60_000;

export function limitConnections(
  app: FastifyInstance,
  { maxConnections }: HttpLimits,
  { logger, clock }: { logger: Logger; clock: () => number },
): void {
  app.server.maxConnections = maxConnections;
  let dropped = 0;
  let warnedAt = -Infinity;
  app.server.on("drop", () => {
    dropped++;
    if (clock() - warnedAt < warnEveryMs) return;
    logger.warn({ dropped, maxConnections }, "connections refused: there are too many");
    warnedAt = clock();
    dropped = 0;
  });
}
