import { type Static, type TObject, type TProperties, Type } from "typebox";
import { DocferryError } from "../../job/errors.ts";
import type { JsonObject } from "../json-body.ts";
import type { WireGuard } from "./guard.ts";
import type { WireRoute } from "./route.ts";
import { tokenCall } from "./token-call.ts";

/**
 * A call of a platform's with its own token, whose body names the platform once more: both must agree. A success has neither
 * errcode nor errmsg, as the vendor's samples.
 */
export function componentCall<P extends TProperties>(
  guard: WireGuard,
  call: {
    /** The body's fields beyond `component_appid`. */
    fields: P;
    answer(fields: Static<TObject<P>>, platformId: string): Promise<JsonObject>;
  },
): WireRoute {
  return tokenCall(guard, {
    // Its absence has a code of its own, before that of other fields.
    fields: { component_appid: Type.Optional(Type.String()), ...optional(call.fields) },
    read: (fields) => fields as Record<string, unknown>,
    async answer(fields, { caller }) {
      const { component_appid: named } = fields;
      if (named === undefined || named === "") {
        throw new DocferryError("component_id_missing", "component_appid is missing");
      }
      for (const name of Object.keys(call.fields)) {
        if (fields[name] === undefined) throw new DocferryError("missing_argument", name);
      }
      if (caller.kind !== "component" || named !== caller.platformId) {
        throw new DocferryError(
          "not_this_component",
          `component_appid ${JSON.stringify(named)} is not the platform that the token is of`,
        );
      }
      return call.answer(fields as Static<TObject<P>>, caller.platformId);
    },
    bare: true,
  });
}

/** The same fields, none of them required. */
function optional(fields: TProperties): TProperties {
  return Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => [name, Type.Optional(schema)]),
  );
}
