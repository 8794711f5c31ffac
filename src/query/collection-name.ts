import { DocferryError } from "../job/errors.ts";

/** @throws {DocferryError} `invalid_collection_name` for a name that no collection may have */
export function checkCollectionName(name: string): void {
  const fault = nameFault(name);
  if (fault) {
    const shown = JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
    throw new DocferryError("invalid_collection_name", `Collection name ${shown} ${fault}`);
  }
}

function nameFault(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name.includes("$")) return "has a $";
  if (name.includes("\0")) return "has a NUL";
  if (name.startsWith("system.")) return "begins with system.";
  return undefined;
}
