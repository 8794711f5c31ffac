import type { JsonObject } from "../json-body.ts";
import type { RequestContext } from "../request-context.ts";

/** A call of the vendor's. Path and method are checked already when `answer` runs, and nothing has read the body yet. */
export interface WireRoute {
  method: "GET" | "POST";
  /** Clients call it over and over. */
  polled?: boolean;
  /**
   * The whole JSON answer, `errcode` included where the call has one.
   * @throws {DocferryError} what becomes errcode and errmsg
   */
  answer(request: RequestContext): Promise<JsonObject>;
}
