import { type Expression, parseExpressionAt } from "acorn";
import type { SortField } from "../../query/plan.ts";
import { UsageError } from "../command-errors.ts";

/** The fields of `--sort`, in order: `{"age": -1}`, or as in a shell `{age: -1}`. */
export function parseSort(text: string): SortField[] {
  const expression = parseObject(text);
  return expression.properties.map((property) => {
    if (
      property.type !== "Property" ||
      property.computed ||
      property.method ||
      property.kind !== "init"
    ) {
      throw wrong(text);
    }
    const { key } = property;
    const path =
      key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : null;
    if (path === null) throw wrong(text);
    return { path, direction: directionOf(property.value, path) };
  });
}

function parseObject(text: string): Extract<Expression, { type: "ObjectExpression" }> {
  let expression: Expression;
  try {
    expression = parseExpressionAt(text, 0, { ecmaVersion: "latest" });
  } catch {
    throw wrong(text);
  }
  const rest = text.slice(expression.end).trim();
  if (expression.type !== "ObjectExpression" || rest !== "") throw wrong(text);
  return expression;
}

function directionOf(value: Expression | { type: string }, path: string): 1 | -1 {
  const { type } = value;
  if (type === "Literal" && (value as { value?: unknown }).value === 1) return 1;
  if (type === "UnaryExpression") {
    const { operator, argument } = value as Extract<Expression, { type: "UnaryExpression" }>;
    if (operator === "-" && argument.type === "Literal" && argument.value === 1) return -1;
  }
  throw new UsageError(`--sort: the direction of ${JSON.stringify(path)} must be 1 or -1`);
}

function wrong(text: string): UsageError {
  return new UsageError(`--sort must be like '{"age": -1, "name": 1}', not ${text}`);
}
