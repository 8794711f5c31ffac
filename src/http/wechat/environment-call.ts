import { type Static, type TObject, type TProperties, type TString, Type } from "typebox";
import type { Caller } from "../../access/caller.ts";
import type { JsonObject } from "../json-body.ts";
import type { WireGuard } from "./guard.ts";
import type { WireRoute } from "./route.ts";
import { type TokenContext, tokenCall } from "./token-call.ts";

/** What a call in an environment knows once it may run. */
export class EnvironmentContext {
  readonly environment: string;
  readonly #call: TokenContext;

  constructor(environment: string, call: TokenContext) {
    this.environment = environment;
    this.#call = call;
  }

  get caller(): Caller {
    return this.#call.caller;
  }

  /** What addresses in the answer begin with. */
  get baseUrl(): string {
    return this.#call.baseUrl;
  }

  /** Unix ms at which the request came. */
  get now(): number {
    return this.#call.now;
  }
}

type Fields<P extends TProperties> = Static<TObject<P & { env: TString }>>;

/**
 * A call with a token whose body names an environment: nearly every call there is. The environment is looked at when the
 * fields are known to be right.
 */
export function environmentCall<P extends TProperties, A>(
  guard: WireGuard,
  call: {
    /** The body's fields beyond `env`. */
    fields: P;
    /** Turns the fields into the call's argument. @throws {DocferryError} of errcode 40097, before the environment is looked at */
    read(fields: Fields<P>, now: number): A;
    /** The answer beyond errcode and errmsg. */
    answer(argument: A, context: EnvironmentContext): Promise<JsonObject>;
    /** Clients call it over and over. */
    polled?: boolean;
  },
): WireRoute {
  return tokenCall(guard, {
    polled: call.polled === true,
    fields: { env: Type.String({ minLength: 1 }), ...call.fields },
    read: (fields, now) => {
      const { env } = fields as { env: string };
      return { env, argument: call.read(fields as Fields<P>, now) };
    },
    answer({ env: environment, argument }, context) {
      guard.requireEnvironment(context.caller, environment);
      return call.answer(argument, new EnvironmentContext(environment, context));
    },
  });
}
