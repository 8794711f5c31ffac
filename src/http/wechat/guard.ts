import type { Access } from "../../access/access.ts";
import { type CallGroup, requireCall } from "../../access/call-rules.ts";
import { accountOf, type Caller } from "../../access/caller.ts";
import { DocferryError } from "../../job/errors.ts";
import { noteCaller } from "../request-context.ts";
import type { RequestContext } from "../request-context.ts";
import { tokenOf } from "./url-parameters.ts";

/** Lets callers into the calls of one group. The same call in another group has another guard. */
export class WireGuard {
  readonly #access: Pick<Access, "authenticate" | "requireEnvironment" | "limits">;
  readonly #group: CallGroup;

  constructor(
    access: Pick<Access, "authenticate" | "requireEnvironment" | "limits">,
    group: CallGroup,
  ) {
    this.#access = access;
    this.#group = group;
  }

  /**
   * Who it is, by the token in the query, and that the call is for him.
   * @throws {DocferryError} `token_missing`, `component_token_missing`, those of `Access.authenticate`, `minute_limit`,
   *   `day_limit`, `api_unauthorized`, `permission_set_missing`
   */
  callerOf(request: RequestContext): Caller {
    const token = tokenOf(request.url);
    if (token === null) throw missingToken(this.#group);
    const caller = this.#access.authenticate(token);
    noteCaller(request, caller);
    this.#access.limits.admit("account", accountOf(caller));
    requireCall(caller, this.#group);
    return caller;
  }

  /** @throws {DocferryError} `no_cloudbase`, `environment_not_found`, `minute_limit`, `day_limit` */
  requireEnvironment(caller: Caller, environment: string): void {
    this.#access.requireEnvironment(caller, environment);
    this.#access.limits.admit("environment", environment);
  }
}

function missingToken(group: CallGroup): DocferryError {
  return group === "component"
    ? new DocferryError("component_token_missing", "No component_access_token in the query")
    : new DocferryError("token_missing", "No access token in the query");
}
