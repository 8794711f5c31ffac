import { DocferryError } from "../../job/errors.ts";
import type { AccessRule } from "../database.ts";
import type { ReadConnection } from "./read-connection.ts";

interface AccessRow {
  /** Both are missing in a file that no writer of this version has opened yet. */
  access_tag?: AccessRule["tag"] | null;
  access_rule?: string | null;
}

/** What was set for a collection; null: nothing. @throws {DocferryError} `collection_not_found` */
export function accessRule(connection: ReadConnection, name: string): AccessRule | null {
  const row = connection.current()?.prepare("SELECT * FROM collection WHERE name = ?").get(name) as
    | AccessRow
    | undefined;
  if (!row) {
    throw new DocferryError("collection_not_found", `No collection ${JSON.stringify(name)}`);
  }
  const { access_tag: tag = null, access_rule: rule } = row;
  return tag && { tag, rule: rule ?? "" };
}
