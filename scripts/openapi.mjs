// Writes the OpenAPI document of the service to packages/client/openapi.json, from which the client's types are made.
// With --check it writes nothing and fails where the file is another.
import { readFileSync, writeFileSync } from "node:fs";
import { apiRoutes } from "../src/http/api-routes.ts";
import { openApiText } from "../src/http/openapi/routes.ts";

const file = new URL("../packages/client/openapi.json", import.meta.url);
// Nothing is called: the routes only tell of themselves.
const text = openApiText(apiRoutes(/** @type {any} */ ({})));
if (process.argv.includes("--check")) {
  if (JSON.stringify(JSON.parse(readFileSync(file, "utf8"))) !== JSON.stringify(JSON.parse(text))) {
    console.error("packages/client/openapi.json is not what the service says: run npm run openapi");
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, text);
}
