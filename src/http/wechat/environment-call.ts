import { type Static, type TObject, type TProperties, type TString, Type } from "typebox";
import type { Access } from "../../access/access.ts";
import { DocferryError } from "../../job/errors.ts";
import type { JsonObject } from "../json-body.ts";
import { readJsonObject } from "./body.ts";
import { compileFields } from "./fields.ts";
import type { WireRequest, WireRoute } from "./route.ts";
import { tokenOf } from "./url-parameters.ts";

/** What a call in an environment knows once it may run. */
export interface EnvironmentContext {
  environment: string;
  appId: string;
  /** What addresses in the answer begin with. */
  baseUrl: string;
  /** Unix ms at which the request came. */
  now: number;
}

type Fields<P extends TProperties> = Static<TObject<P & { env: TString }>>;

/**
 * A POST with an access token in its query and a JSON object that names an environment: nearly every call there is. This is
 * the one place for the order of its checks: token, body, fields missing, fields wrong, environment, then the call's own.
 */
export function environmentCall<P extends TProperties, A>(
  access: Access,
  call: {
    /** The body's fields beyond `env`. */
    fields: P;
    /** Turns the fields into the call's argument. @throws {DocferryError} of errcode 40097, before the environment is looked at */
    read(fields: Fields<P>, now: number): A;
    /** The answer beyond errcode and errmsg. */
    answer(argument: A, context: EnvironmentContext): Promise<JsonObject>;
  },
): WireRoute {
  const schema = Type.Object({ env: Type.String({ minLength: 1 }), ...call.fields });
  const fieldsOf = compileFields(schema) as (body: JsonObject) => Fields<P> & { env: string };
  return {
    method: "POST",
    async answer(request) {
      const appId = authenticate(access, request);
      const fields = fieldsOf(await readJsonObject(request.raw));
      const { receivedAt: now } = request.context;
      const argument = call.read(fields, now);
      access.requireEnvironment(appId, fields.env);
      const answer = await call.answer(argument, {
        environment: fields.env,
        appId,
        get baseUrl() {
          return request.context.baseUrl;
        },
        now,
      });
      return { errcode: 0, errmsg: "ok", ...answer };
    },
  };
}

function authenticate(access: Access, request: WireRequest): string {
  const token = tokenOf(request.url);
  if (token === null) throw new DocferryError("token_missing", "No access token in the query");
  const { appId } = access.authenticate(token);
  request.context.appId = appId;
  return appId;
}
