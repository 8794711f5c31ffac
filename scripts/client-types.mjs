// Writes the client's types, and the table of calls that it makes, from packages/client/openapi.json. With --check it
// writes nothing and fails where the file is another. openapi-typescript would do, but needs a TypeScript with the old
// compiler API, which TypeScript 7 has not.
import { readFileSync, writeFileSync } from "node:fs";

const source = new URL("../packages/client/openapi.json", import.meta.url);
const target = new URL("../packages/client/src/api.ts", import.meta.url);
const { components, paths } = JSON.parse(readFileSync(source, "utf8"));

const text = `${[
  "// Made from openapi.json by npm run openapi: change that, not this.",
  ...Object.entries(components.schemas).map(declaration),
  "/** Every call of the service's own API: its method and path. */",
  "export const operations = {",
  ...operationLines(),
  "} as const;",
].join("\n")}\n`;

if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("packages/client/src/api.ts is not what openapi.json says: run npm run openapi");
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, text);
}

function declaration([name, schema]) {
  const doc = comment(schema.description, "");
  if (schema.type === "object" && schema.properties) {
    return `${doc}export interface ${name} ${objectType(schema, "")}\n`;
  }
  return `${doc}export type ${name} = ${typeOf(schema, "")};\n`;
}

function* operationLines() {
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { operationId }] of Object.entries(methods)) {
      if (!operationId) continue;
      yield `  ${operationId}: { method: "${method.toUpperCase()}", path: "${path}" },`;
    }
  }
}

function typeOf(schema, indent) {
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map((option) => typeOf(option, indent)).join(" | ");
  switch (schema.type) {
    case "string":
    case "boolean":
    case "null":
      return schema.type;
    case "integer":
    case "number":
      return "number";
    case "array": {
      const item = typeOf(schema.items, indent);
      return item.includes("|") ? `(${item})[]` : `${item}[]`;
    }
    case "object":
      return Object.keys(schema.properties ?? {}).length > 0
        ? objectType(schema, indent)
        : "Record<string, unknown>";
    default:
      throw new Error(`No type for the schema ${JSON.stringify(schema)}`);
  }
}

function objectType(schema, indent) {
  const inner = `${indent}  `;
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties).map(([name, field]) => {
    const mark = required.has(name) ? "" : "?";
    return `${comment(field.description, inner)}${inner}${name}${mark}: ${typeOf(field, inner)};\n`;
  });
  return `{\n${fields.join("")}${indent}}`;
}

function comment(description, indent) {
  return description ? `${indent}/** ${description.replaceAll("*/", "*\\/")} */\n` : "";
}
