import { DocferryError } from "../../job/errors.ts";
import { checkCollectionName } from "../../query/collection-name.ts";

/** MongoDB allows 255 bytes with the database's name; CloudBase's own names are far shorter. */
const longestName = 120;

/** @throws {DocferryError} `invalid_collection_name` for a name that no collection here may have */
export function checkNewCollection(name: string): void {
  checkCollectionName(name);
  const shown = JSON.stringify(name.slice(0, longestName));
  if (Buffer.byteLength(name) > longestName) {
    throw new DocferryError(
      "invalid_collection_name",
      `Collection name ${shown} has more than ${longestName} bytes`,
    );
  }
  if (!name.isWellFormed()) {
    throw new DocferryError(
      "invalid_collection_name",
      `Collection name ${shown} has half a character`,
    );
  }
}
