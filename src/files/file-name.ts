import { DocferryError } from "../job/errors.ts";

/** Files that docferry itself makes for a job stand below this prefix; users can neither write nor remove them. */
export const hiddenPrefix = ".docferry/";

/** Where the parts of unfinished uploads stand. */
export const uploadsPrefix = `${hiddenPrefix}uploads/`;

/** Bytes of UTF-8, as object stores limit their keys. */
const maxBytes = 512;

/** Behind all names that begin with the prefix, in their order: none is as long. */
export function behindPrefix(prefix: string): string {
  return prefix + "\u{10ffff}".repeat(maxBytes);
}

/**
 * Checks the name that a user gives to a file. A name is a key, never a path: `a` and `a/b`, `..`, blanks, `%`, `?` and emoji
 * are all names like any other.
 * @throws {DocferryError} `invalid_file_name`
 */
export function checkFileName(name: string): string {
  const fault = faultOf(name);
  if (fault === null) return name;
  const shown = name.length <= 100 ? name : `${name.slice(0, 100)}…`;
  throw new DocferryError("invalid_file_name", `File name ${JSON.stringify(shown)} ${fault}`);
}

function faultOf(name: string): string | null {
  if (name === "") return "is empty";
  if (!name.isWellFormed()) return "has half a surrogate pair";
  const bytes = Buffer.byteLength(name);
  if (bytes > maxBytes) return `has ${bytes} bytes, more than ${maxBytes}`;
  if (name.includes("\0")) return "has a NUL";
  if (name.startsWith("/")) return "begins with a slash";
  if (name.startsWith(hiddenPrefix)) return `begins with ${hiddenPrefix}`;
  return null;
}
