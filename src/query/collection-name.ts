import { DocferryError } from "../job/errors.ts";

/** MongoDB allows 255 bytes with the database's name; CloudBase's own names are far shorter. */
const longestName = 120;

/** @throws {DocferryError} `invalid_collection_name` for a name that no collection may have */
export function checkCollectionName(name: string): void {
  const fault = nameFault(name);
  if (fault === null) return;
  const shown = JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
  throw new DocferryError("invalid_collection_name", `Collection name ${shown} ${fault}`);
}

function nameFault(name: string): string | null {
  if (name === "") return "is empty";
  if (name.includes("$")) return "has a $";
  if (name.includes("\0")) return "has a NUL";
  if (name.startsWith("system.")) return "begins with system.";
  if (!name.isWellFormed()) return "has half a character";
  if (Buffer.byteLength(name) > longestName) return `has more than ${longestName} bytes`;
  return null;
}
