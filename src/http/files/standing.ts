import type { Access } from "../../access/access.ts";
import { DocferryError } from "../../job/errors.ts";

/**
 * What an upload asks when its bytes have come: whether its environment is still the one that they were sent to. Meanwhile it may
 * have been removed, and another added under its id. From here on the store's order holds.
 * @returns throws {DocferryError} `environment_not_found`
 * @throws {DocferryError} `environment_not_found`
 */
export function standing(
  access: Pick<Access, "hasEnvironment" | "environmentCreatedAt">,
  environment: string,
): () => void {
  const since = access.environmentCreatedAt(environment);
  return () => {
    if (access.hasEnvironment(environment) && access.environmentCreatedAt(environment) === since) {
      return;
    }
    throw new DocferryError("environment_not_found", `Environment ${environment} has been removed`);
  };
}
