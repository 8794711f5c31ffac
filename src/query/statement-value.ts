import { StatementFault } from "./statement-fault.ts";
import { describe, type Term } from "./statement-term.ts";
import { arrayValue, documentValue, stringValue, type Value } from "./value.ts";

/**
 * The term as a value that stands for itself. What is undefined is left out of an object and null in an array, as in JSON.
 * @throws {StatementFault} for commands, queries and names of `db`
 */
export function valueOf(term: Term): Value {
  switch (term.kind) {
    case "value":
      return term.value;
    case "undefined":
      return { type: "null" };
    case "geo":
      return documentValue([
        { name: "type", value: stringValue(term.shape) },
        { name: "coordinates", value: term.coordinates },
      ]);
    case "array":
      return arrayValue(term.items.map(valueOf));
    case "object":
      return documentValue(
        term.fields
          .filter((field) => field.term.kind !== "undefined")
          .map((field) => ({ name: field.name, value: valueOf(field.term) })),
      );
    case "condition":
    case "builtin":
    case "query":
    case "get":
      throw new StatementFault(term.at, `A value must stand here, not ${describe(term)}`);
    default:
      return term satisfies never;
  }
}
