import type { IncomingMessage } from "node:http";
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

export interface WireRequest {
  /** As it stands in the request line, query included. */
  url: string;
  /** For the body, which nothing has read yet. */
  raw: IncomingMessage;
  context: RequestContext;
  /** Address of the client. */
  client: string;
}
