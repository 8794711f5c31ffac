import { Type } from "typebox";
import type { Access } from "../../access/access.ts";
import { DocferryError } from "../../job/errors.ts";
import type { WireGuard } from "./guard.ts";
import type { WireRoute } from "./route.ts";
import { tokenCall } from "./token-call.ts";

/** `POST /tcb/getqcloudtoken`: a key for the Cloud API and for storage that ends after `lifespan` seconds. */
export function getQcloudToken(guard: WireGuard, access: Access): WireRoute {
  return tokenCall(guard, {
    fields: { lifespan: Type.Integer({ minimum: 1, maximum: 7200 }) },
    read: (fields) => fields.lifespan,
    async answer(seconds, { caller }) {
      if (caller.kind === "component") {
        throw new DocferryError("api_unauthorized", "A platform has no files of its own");
      }
      const key = access.temporaryKey(caller, seconds);
      return {
        secretid: key.secretId,
        secretkey: key.secretKey,
        token: key.token,
        expired_time: key.expiresAt,
      };
    },
  });
}
