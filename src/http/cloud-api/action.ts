import { type Static, type TObject, type TProperties, type TString, Type } from "typebox";
import type { Access } from "../../access/access.ts";
import type { KeyHolder } from "../../access/temporary-keys.ts";
import type { JsonObject } from "../json-body.ts";
import type { RequestContext } from "../request-context.ts";
import { compileFields } from "../wechat/fields.ts";

/** An action of the Cloud API. The signature is checked already when it is asked. */
export interface CloudAction {
  /**
   * All of `Response` but its RequestId.
   * @throws {DocferryError} what becomes `Response.Error`
   */
  answer(body: JsonObject, call: CloudCall): Promise<JsonObject>;
}

export interface CloudCall {
  /** Whose key has signed it. */
  caller: KeyHolder;
  context: RequestContext;
}

/** What an action in an environment knows once it may run. */
export interface CloudContext extends CloudCall {
  environment: string;
}

type Fields<P extends TProperties> = Static<TObject<P & { EnvId: TString }>>;

/**
 * An action that names an environment. As with the other calls: fields missing, fields wrong, environment, then the action's
 * own. Fields that it does not know are passed over.
 */
export function environmentAction<P extends TProperties, A>(
  access: Pick<Access, "requireEnvironment" | "limits">,
  action: {
    /** Fields beyond `EnvId`. */
    fields: P;
    /** @throws {DocferryError} before the environment is looked at */
    read(fields: Fields<P>, now: number): A;
    answer(argument: A, context: CloudContext): Promise<JsonObject>;
  },
): CloudAction {
  const schema = Type.Object({ EnvId: Type.String({ minLength: 1 }), ...action.fields });
  const fieldsOf = compileFields(schema) as (body: JsonObject) => Fields<P> & { EnvId: string };
  return {
    async answer(body, call) {
      const fields = fieldsOf(body);
      const argument = action.read(fields, call.context.receivedAt);
      access.requireEnvironment(call.caller, fields.EnvId);
      access.limits.admit("environment", fields.EnvId);
      return action.answer(argument, { ...call, environment: fields.EnvId });
    },
  };
}
