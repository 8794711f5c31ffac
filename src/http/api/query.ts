import type { TObject, TSchema } from "typebox";
import { DocferryError } from "../../job/errors.ts";

/**
 * The parameters behind a path's `?` as the schema's types, for its check. Text that is no such number stays text, and what
 * is unknown stays too: the check refuses both by name.
 * @throws {DocferryError} `invalid_argument` for a parameter that stands there twice, or percent signs that are no UTF-8
 */
export function queryValues(url: string, schema: TObject): Record<string, unknown> {
  const start = url.indexOf("?");
  const parameters = new URLSearchParams(checkedText(start < 0 ? "" : url.slice(start + 1)));
  const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, text] of parameters) {
    if (name in values) {
      throw new DocferryError(
        "invalid_argument",
        `Parameter ${JSON.stringify(name)} is there twice`,
      );
    }
    const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    values[name] = valueOf(text, typeOf(property));
  }
  return { ...values };
}

/** URLSearchParams reads bytes that are no UTF-8 as U+FFFD, and so as another name than was meant. */
function checkedText(query: string): string {
  try {
    decodeURIComponent(query);
  } catch (error) {
    throw new DocferryError(
      "invalid_argument",
      "The query has percent signs that are not the UTF-8 of anything",
      { cause: error },
    );
  }
  return query;
}

function valueOf(text: string, type: string | undefined): unknown {
  if (type === "integer" && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

function typeOf(schema: TSchema | undefined): string | undefined {
  const { type }: { type?: unknown } = schema ?? {};
  return typeof type === "string" ? type : undefined;
}
