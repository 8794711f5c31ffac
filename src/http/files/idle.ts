import { Socket } from "node:net";
import type { FastifyRequest } from "fastify";

/**
 * Ends the connection when no byte has gone either way for `ms`; 0: never. A client that has gone without a word would hold its
 * file open for ever. Node takes the limit back when the answer is out.
 */
export function endWhenIdle(request: FastifyRequest, ms: number): void {
  const { socket } = request.raw;
  // A request that was injected has none.
  if (socket instanceof Socket) socket.setTimeout(ms);
}
