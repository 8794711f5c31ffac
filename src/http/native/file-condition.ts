import type { IncomingHttpHeaders } from "node:http";
import type { FileCondition } from "../../store/file-index.ts";

/** What If-Match and If-None-Match ask of a file that is to be changed (RFC 9110 13.1). */
export function conditionOf(headers: IncomingHttpHeaders): FileCondition {
  return {
    is: contentsOf(headers["if-match"], false),
    isNot: contentsOf(headers["if-none-match"], true),
  };
}

/** ETags are hex MD5s in quotes. A weak one is no reason to overwrite; for "not this one" it is as good as another. */
function contentsOf(header: string | undefined, weak: boolean): FileCondition["is"] {
  if (header === undefined) return null;
  if (header.trim() === "*") return "any";
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags
    .filter((tag) => weak || !tag.startsWith("W/"))
    .map((tag) => tag.replace(/^W\//, "").slice(1, -1));
}
