import { DocferryError } from "../job/errors.ts";
import type { Caller } from "./caller.ts";

/**
 * Calls that are open to the same callers.
 *
 * | group | calls |
 * | --- | --- |
 * | `cloudbase` | `/tcb/*` |
 * | `batch` | `/componenttcb/*` |
 * | `component` | `/cgi-bin/component/*`, but for the call that gives a component token, which needs none |
 * | `account` | what every account may ask about itself: `/cgi-bin/openapi/*` |
 * | `native` | `/v1/environments/*` |
 */
export type CallGroup = keyof typeof rules;

/** Sets of permissions, by the vendor's numbers. An authorisation with one of these opens CloudBase. */
export const cloudbaseSets: readonly number[] = [49, 64];

/** What a caller of a kind meets: it may call, it may where one of these sets was granted, or the call is not for its kind. */
type Rule = "open" | "closed" | { anyOf: readonly number[] };

/**
 * Who may call what. `closed` is 48001, a missing set 61007. An authorisation that is gone is 61003 wherever its token comes.
 * Sources: the vendor's pages of each call name token and sets; 48001 for the wrong kind of token is ours, because clients
 * answer 40001 and 40014 by fetching another token of the same kind, and come back for ever.
 */
const rules = {
  cloudbase: { app: "open", authorizer: { anyOf: cloudbaseSets }, component: "closed" },
  batch: { app: "closed", authorizer: "closed", component: "open" },
  component: { app: "closed", authorizer: "closed", component: "open" },
  account: { app: "open", authorizer: "open", component: "open" },
  native: { app: "open", authorizer: "closed", component: "closed" },
} as const satisfies Record<string, Record<Caller["kind"], Rule>>;

const callerNames = {
  app: "an app's access token",
  authorizer: "an authorizer_access_token",
  component: "a component_access_token",
} as const satisfies Record<Caller["kind"], string>;

/**
 * Refuses a caller for whom the calls of a group are not. Which environment it is about is another question.
 * @throws {DocferryError} `api_unauthorized`, `permission_set_missing`
 */
export function requireCall(caller: Caller, group: CallGroup): void {
  const rule: Rule = rules[group][caller.kind];
  if (rule === "open") return;
  if (rule === "closed" || caller.kind !== "authorizer") {
    throw new DocferryError(
      "api_unauthorized",
      `This call is not for ${callerNames[caller.kind]}: it takes ${takers(group)}`,
    );
  }
  if (rule.anyOf.some((set) => caller.grant.sets.has(set))) return;
  throw new DocferryError(
    "permission_set_missing",
    `App ${caller.appId} has not granted platform ${caller.platformId} permission set ${rule.anyOf.join(" or ")}`,
  );
}

function takers(group: CallGroup): string {
  const kinds = Object.keys(callerNames) as Caller["kind"][];
  return kinds
    .filter((kind) => rules[group][kind] !== "closed")
    .map((kind) => callerNames[kind])
    .join(" or ");
}
