import { Type } from "typebox";
import type { Access } from "../../access/access.ts";
import { accountOf } from "../../access/caller.ts";
import { DocferryError } from "../../job/errors.ts";
import { isRid } from "../rid.ts";
import type { RequestRecorder } from "../request-recorder.ts";
import type { WireGuard } from "./guard.ts";
import type { WireRoute } from "./route.ts";
import { tokenCall } from "./token-call.ts";

export interface RidParts {
  access: Pick<Access, "accountSince">;
  recorder: Pick<RequestRecorder, "find">;
}

/** `POST /cgi-bin/openapi/rid/get`: the request that an errmsg's rid stands for, to the account that made it. */
export function ridLookUp(guard: WireGuard, { access, recorder }: RidParts): WireRoute {
  return tokenCall(guard, {
    // The vendor has one code for none and for a wrong one.
    fields: { rid: Type.Optional(Type.Unknown()) },
    read({ rid }) {
      if (typeof rid === "string" && isRid(rid)) return rid;
      throw new DocferryError("invalid_rid", "rid is not what an errmsg ends in");
    },
    async answer(rid, { caller }) {
      const record = await recorder.find(rid);
      if (!record) throw new DocferryError("rid_not_found", `No failed request ${rid}`);
      const account = accountOf(caller);
      // An account of the same id that was there before is another one.
      if (record.account !== account || record.at < access.accountSince(account)) {
        throw new DocferryError("foreign_rid", `Request ${rid} is not of ${account}`);
      }
      return {
        request: {
          invoke_time: Math.floor(record.at / 1000),
          cost_in_ms: record.ms,
          request_url: record.url,
          request_body: record.body,
          response_body: record.answer,
          client_ip: record.client,
        },
      };
    },
  });
}
