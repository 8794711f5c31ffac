import { Type } from "typebox";
import { DocferryError } from "../../job/errors.ts";
import { apiRoute, type ApiRoute } from "../api/route.ts";
import type { RequestRecorder } from "../request-recorder.ts";
import { isRid } from "../rid.ts";
import { failedRequestSchema } from "./schemas.ts";

export interface RequestParts {
  recorder: Pick<RequestRecorder, "find">;
}

/** Any request that failed, whosever it was. */
export function findRequest({ recorder }: RequestParts): ApiRoute {
  return apiRoute({
    method: "GET",
    path: "/v1/admin/requests/{rid}",
    operationId: "findRequest",
    tag: "admin",
    summary: "Look at a request that failed",
    description:
      "By the rid that its answer has. It is kept for seven days, or until the room for such requests is needed for newer ones. Secrets are masked.",
    access: "operator",
    parameters: {
      rid: Type.String({ description: "The rid of an errmsg, of a problem or of an XML error" }),
    },
    answers: {
      200: {
        description: "The request",
        content: { "application/json": failedRequestSchema },
      },
    },
    errors: ["invalid_rid", "rid_not_found"],
    async answer({ parameters }) {
      const rid = parameters["rid"] ?? "";
      if (!isRid(rid)) {
        throw new DocferryError("invalid_rid", `${JSON.stringify(rid)} is no rid`);
      }
      const record = await recorder.find(rid);
      if (!record) throw new DocferryError("rid_not_found", `No failed request ${rid}`);
      const { account, at, ms, method, url, body, answer, client } = record;
      const time = new Date(at).toISOString();
      return { status: 200, json: { rid, account, time, ms, method, url, body, answer, client } };
    },
  });
}
