import type { IncomingMessage } from "node:http";
import { type JsonObject, parseJsonObject, readBody } from "../json-body.ts";

/**
 * Reads a request's body as one JSON object.
 * @throws {DocferryError} `empty_body`, `invalid_body`, `body_too_large`
 */
export async function readJsonObject(request: IncomingMessage): Promise<JsonObject> {
  return parseJsonObject(await readBody(request));
}
