import { Docferry } from "#client";
import type { ServerPlace } from "../options/server-options.ts";

/** The environment that the options name. */
export function serviceClient({ address, environment, credentials }: ServerPlace): Docferry {
  return new Docferry({ server: address, environment, ...credentials });
}
