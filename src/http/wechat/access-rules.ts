import { Type } from "typebox";
import type { AccessRule } from "../../databases/database.ts";
import type { Engine } from "../../engine/engine.ts";
import { DocferryError } from "../../job/errors.ts";
import { parseJsonObject } from "../json-body.ts";
import { checkedName, collectionName } from "./collections.ts";
import { environmentCall } from "./environment-call.ts";
import type { WireGuard } from "./guard.ts";
import type { WireRoute } from "./route.ts";

/** What these calls want of the engine. */
export type AccessRulesEngine = Pick<Engine, "accessRule" | "setAccessRule">;

/** Bytes of UTF-8. Rules that people write have some hundred. */
const longestRule = 16 * 1024;

const tags = [
  "READONLY",
  "PRIVATE",
  "ADMINWRITE",
  "ADMINONLY",
  "CUSTOM",
] as const satisfies readonly AccessRule["tag"][];

/** `POST /componenttcb/dbgetacl`. Where nothing was set it is what is true here: only servers read and write. */
export function dbGetAcl(guard: WireGuard, engine: AccessRulesEngine): WireRoute {
  return environmentCall(guard, {
    fields: { collection_name: collectionName },
    read: (fields) => checkedName(fields.collection_name),
    async answer(name, { environment }) {
      const set = await engine.accessRule(environment, name);
      return { acl_tag: set?.tag ?? "ADMINONLY", rule: set?.rule ?? "" };
    },
  });
}

/** `POST /componenttcb/dbmodifyacl` */
export function dbModifyAcl(guard: WireGuard, engine: AccessRulesEngine): WireRoute {
  return environmentCall(guard, {
    fields: {
      collection_name: collectionName,
      acl_tag: Type.String(),
      rule: Type.Optional(Type.String({ default: "" })),
    },
    read({ collection_name: name, acl_tag: tag, rule = "" }) {
      return { name: checkedName(name), set: accessRuleOf(tag, rule) };
    },
    async answer({ name, set }, { environment }) {
      await engine.setAccessRule(environment, name, set);
      return {};
    },
  });
}

/** The text stays as it came: blanks, order and all. An empty one is none. */
function accessRuleOf(text: string, rule: string): AccessRule {
  const tag = tags.find((known) => known === text);
  if (tag === undefined) {
    throw new DocferryError(
      "invalid_argument",
      `acl_tag is READONLY, PRIVATE, ADMINWRITE, ADMINONLY or CUSTOM, not ${JSON.stringify(text.slice(0, 100))}`,
    );
  }
  if (tag === "CUSTOM") checkRule(rule);
  else if (rule !== "") {
    throw new DocferryError("invalid_argument", `rule goes with CUSTOM alone, not with ${tag}`);
  }
  return { tag, rule };
}

function checkRule(rule: string): void {
  if (rule === "") throw new DocferryError("missing_argument", "rule");
  const bytes = Buffer.from(rule);
  if (bytes.length > longestRule) {
    throw new DocferryError("invalid_argument", `rule has more than ${longestRule} bytes`);
  }
  try {
    parseJsonObject(bytes, "rule");
  } catch (error) {
    if (!(error instanceof DocferryError)) throw error;
    throw new DocferryError("invalid_argument", error.message, { cause: error });
  }
}
