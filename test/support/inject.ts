import type { FastifyInstance } from "fastify";
import { inject as injectRequest, type InjectOptions, type Response } from "light-my-request";

/** A request as its server gets it, without a socket: Fastify's own way in does not pass by what stands in front of Fastify. */
export async function inject(
  app: FastifyInstance,
  options: InjectOptions | string,
): Promise<Response> {
  await app.ready();
  return injectRequest((request, response) => {
    app.server.emit("request", request, response);
  }, options);
}
