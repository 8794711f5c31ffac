import type { IncomingMessage } from "node:http";
import type { FastifyRequest } from "fastify";
import type { RequestContext } from "../request-context.ts";
import type { JsonObject } from "../json-body.ts";

/** A call of the vendor's. Path and method are checked already when `answer` runs. */
export interface WireRoute {
  method: "GET" | "POST";
  /** Clients call it over and over. */
  polled?: boolean;
  /**
   * The whole JSON answer, `errcode` included where the call has one.
   * @throws {DocferryError} what becomes errcode and errmsg
   */
  answer(request: WireRequest): Promise<JsonObject>;
}

export class WireRequest {
  /** As it stands in the request line, query included. */
  readonly url: string;
  /** For the body, which nothing has read yet. */
  readonly raw: IncomingMessage;
  readonly context: RequestContext;
  readonly #request: FastifyRequest;

  constructor(request: FastifyRequest) {
    this.url = request.url;
    this.raw = request.raw;
    this.context = request.docferry;
    this.#request = request;
  }

  /** Address of the client. Few calls ask for it. */
  get client(): string {
    return this.#request.ip;
  }
}
