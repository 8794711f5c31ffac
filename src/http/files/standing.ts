import type { Caller } from "../../access/caller.ts";
import type { EnvironmentReach } from "../../access/environment-reach.ts";
import { DocferryError } from "../../job/errors.ts";

/**
 * What an upload asks when its bytes have come: whether its environment is still the one that they were sent to, and in its
 * sender's reach. Meanwhile it may have been removed, and another added under its id, or be shared no more. From here on the
 * store's order holds.
 * @returns throws {DocferryError} `environment_not_found`
 * @throws {DocferryError} `environment_not_found`
 */
export function standing(
  reach: Pick<EnvironmentReach, "reaches" | "recordOf">,
  caller: Caller,
  environment: string,
): () => void {
  const record = reach.recordOf(environment);
  return () => {
    if (reach.reaches(caller, environment) && reach.recordOf(environment) === record) return;
    throw new DocferryError(
      "environment_not_found",
      `Environment ${environment} has been removed, or is shared no more`,
    );
  };
}
