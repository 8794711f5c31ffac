import { type JsonObject, parseJsonObject, readBody } from "../json-body.ts";
import type { WireRequest } from "./route.ts";

/**
 * Reads a request's body as one JSON object.
 * @throws {DocferryError} `empty_body`, `invalid_body`, `body_too_large`, `body_too_slow`
 */
export async function readJsonObject({ raw, context }: WireRequest): Promise<JsonObject> {
  return parseJsonObject(await readBody(raw, context));
}
