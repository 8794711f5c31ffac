import { type Static, type TObject, type TProperties, Type } from "typebox";
import type { Caller } from "../../access/caller.ts";
import { DocferryError } from "../../job/errors.ts";
import { type JsonObject, readJsonObject } from "../json-body.ts";
import type { RequestContext } from "../request-context.ts";
import { compileFields } from "./fields.ts";
import type { WireGuard } from "./guard.ts";
import type { WireRoute } from "./route.ts";

/** What a call with a token knows once it may run. */
export class TokenContext {
  readonly caller: Caller;
  readonly #request: RequestContext;

  constructor(caller: Caller, request: RequestContext) {
    this.caller = caller;
    this.#request = request;
  }

  /** What addresses in the answer begin with. */
  get baseUrl(): string {
    return this.#request.baseUrl;
  }

  /** Unix ms at which the request came. */
  get now(): number {
    return this.#request.receivedAt;
  }
}

/**
 * A POST with a token in its query and a JSON object as body. This is the one place for the order of checks: token, whether
 * the call is for such a caller, body, fields missing, fields wrong, then the call's own.
 */
export function tokenCall<P extends TProperties, A>(
  guard: WireGuard,
  call: {
    /** The body's fields. */
    fields: P;
    /** Turns the fields into the call's argument. @throws {DocferryError} of errcode 40097 */
    read(fields: Static<TObject<P>>, now: number): A;
    /** The answer beyond errcode and errmsg. */
    answer(argument: A, context: TokenContext): Promise<JsonObject>;
    /** A success has neither errcode nor errmsg. */
    bare?: boolean;
    /** A request without a body is one without fields. */
    bodyOptional?: boolean;
    /** Clients call it over and over. */
    polled?: boolean;
  },
): WireRoute {
  const fieldsOf = compileFields<TObject<P>>(Type.Object(call.fields));
  const read = call.bodyOptional ? readOptionalObject : readJsonObject;
  return {
    method: "POST",
    polled: call.polled === true,
    async answer(request) {
      const caller = guard.callerOf(request);
      const fields = fieldsOf(await read(request));
      const context = new TokenContext(caller, request);
      const argument = call.read(fields, context.now);
      const answer = await call.answer(argument, context);
      return call.bare ? answer : { errcode: 0, errmsg: "ok", ...answer };
    },
  };
}

async function readOptionalObject(request: RequestContext): Promise<JsonObject> {
  try {
    return await readJsonObject(request);
  } catch (error) {
    if (error instanceof DocferryError && error.code === "empty_body") return {};
    throw error;
  }
}
