import { StatementFault } from "./statement-fault.ts";
import {
  type Builtin,
  type Call,
  conditionTerm,
  describe,
  type Member,
  type Term,
} from "./statement-term.ts";
import { integerOf, numberOf } from "./value.ts";

// `db.command`, usually `_`. What a query may use stands in `conditions`; what belongs to another kind of statement is
// refused by name. A new command is a line in one of the tables.

type MakeCondition = (call: Call) => Term;

const conditions: ReadonlyMap<string, MakeCondition> = new Map<string, MakeCondition>([
  ["eq", comparison("$eq")],
  ["neq", comparison("$ne")],
  ["gt", comparison("$gt")],
  ["gte", comparison("$gte")],
  ["lt", comparison("$lt")],
  ["lte", comparison("$lte")],
  ["in", listed("$in")],
  ["nin", listed("$nin")],
  ["all", listed("$all")],
  ["exists", exists],
  ["size", size],
  ["mod", mod],
  ["elemMatch", elemMatch],
  ["and", logic("$and")],
  ["or", logic("$or")],
  ["nor", logic("$nor")],
  ["not", not],
]);

const refusedKinds: readonly [kind: string, names: string][] = [
  ["a geo query", "geoNear geoWithin geoIntersects"],
  ["an aggregation expression", "expr"],
  ["a schema", "jsonSchema"],
  ["a text search", "text"],
  [
    "an update command",
    "set remove inc mul min max rename bit push pop shift unshift addToSet pull pullAll",
  ],
  ["an aggregation operator", "aggregate"],
  ["a projection command", "project"],
];

const refused: ReadonlyMap<string, string> = new Map(
  refusedKinds.flatMap(([kind, names]) =>
    names
      .split(" ")
      .map((name): [string, string] => [name, `_.${name} (${kind}) is not supported in an export`]),
  ),
);

export const commands: ReadonlyMap<string, Member> = new Map<string, Member>([
  ...[...conditions].map(([name, call]): [string, Member] => [name, callable(name, call)]),
  ...[...refused].map(([name, reason]): [string, Member] => [name, { refused: reason }]),
]);

/**
 * A method of a command: `_.gt(10).lt(20)` and `_.gt(10).and(…)` mean both at once, `.or` and `.nor` take the command itself as
 * their first operand.
 */
export function conditionMethod(receiver: Term, name: string, at: number): Builtin {
  const make = conditions.get(name);
  if (!make) {
    throw new StatementFault(at, refused.get(name) ?? `A command has no method ${name}`);
  }
  if (name === "and" || name === "or" || name === "nor") {
    return callable(name, (call) => make({ ...call, args: [receiver, ...operandsOf(call.args)] }));
  }
  return callable(name, (call) =>
    conditionTerm(call.at, {
      kind: "logic",
      name: `_.${name}`,
      operator: "$and",
      operands: [receiver, make(call)],
    }),
  );
}

function callable(name: string, call: MakeCondition): Builtin {
  return { name: `_.${name}`, members: null, call, constructs: false };
}

function comparison(operator: string): MakeCondition {
  return (call) => {
    const operand = onlyArgument(call, "one value");
    if (operand.kind === "undefined") {
      throw new StatementFault(operand.at, `${call.name} wants a value, not undefined`);
    }
    if (operator !== "$eq" && operand.kind === "value" && operand.value.type === "regex") {
      throw new StatementFault(operand.at, `${call.name} cannot compare with a regular expression`);
    }
    return operatorTerm(call, operator, operand);
  };
}

function listed(operator: string): MakeCondition {
  return (call) => {
    const operand = onlyArgument(call, "an array");
    if (operand.kind !== "array") {
      throw new StatementFault(operand.at, `${call.name} wants an array, not ${describe(operand)}`);
    }
    return operatorTerm(call, operator, operand);
  };
}

function exists(call: Call): Term {
  const operand = onlyArgument(call, "true or false");
  if (operand.kind !== "value" || operand.value.type !== "boolean") {
    throw new StatementFault(
      operand.at,
      `${call.name} wants true or false, not ${describe(operand)}`,
    );
  }
  return operatorTerm(call, "$exists", operand);
}

function size(call: Call): Term {
  const operand = onlyArgument(call, "an integer");
  const count = operand.kind === "value" ? integerOf(operand.value) : undefined;
  if (count === undefined || count < 0) {
    throw new StatementFault(
      operand.at,
      `${call.name} wants an integer of 0 or more, not ${describe(operand)}`,
    );
  }
  return operatorTerm(call, "$size", operand);
}

/** `_.mod(divisor, remainder)`, `_.mod([divisor, remainder])` */
function mod(call: Call): Term {
  const { at, args } = call;
  const [first] = args;
  const items = args.length === 1 && first?.kind === "array" ? first.items : args;
  const [divisor] = items;
  if (items.length !== 2 || !divisor) {
    throw new StatementFault(at, `${call.name} wants a divisor and a remainder`);
  }
  for (const item of items) {
    const number = item.kind === "value" ? numberOf(item.value) : undefined;
    if (number === undefined || !Number.isFinite(number)) {
      throw new StatementFault(item.at, `${call.name} wants numbers, not ${describe(item)}`);
    }
    if (item === divisor && Math.trunc(number) === 0) {
      throw new StatementFault(item.at, `The divisor of ${call.name} must not be 0`);
    }
  }
  const operand: Term = { kind: "array", at, items, size: 30, depth: 1 };
  return operatorTerm(call, "$mod", operand);
}

function elemMatch(call: Call): Term {
  const operand = onlyArgument(call, "an object or a command");
  if (operand.kind !== "object" && operand.kind !== "condition") {
    throw new StatementFault(
      operand.at,
      `${call.name} wants an object or a command, not ${describe(operand)}`,
    );
  }
  return operatorTerm(call, "$elemMatch", operand);
}

function logic(operator: "$and" | "$or" | "$nor"): MakeCondition {
  return (call) => {
    const operands = operandsOf(call.args);
    if (operands.length === 0) {
      throw new StatementFault(call.at, `${call.name} wants at least one condition`);
    }
    return conditionTerm(call.at, { kind: "logic", name: call.name, operator, operands });
  };
}

/** Conditions come one by one or as one array. */
function operandsOf(args: Term[]): Term[] {
  const [first] = args;
  return args.length === 1 && first?.kind === "array" ? first.items : args;
}

function not(call: Call): Term {
  const [operand, ...rest] = operandsOf(call.args);
  const isRegex = operand?.kind === "value" && operand.value.type === "regex";
  if (!operand || rest.length > 0 || (operand.kind !== "condition" && !isRegex)) {
    const given = operand ? `, not ${describe(operand)}` : "";
    throw new StatementFault(
      operand?.at ?? call.at,
      `${call.name} wants one command or regular expression${rest.length > 0 ? "" : given}`,
    );
  }
  return conditionTerm(call.at, { kind: "not", name: call.name, operand });
}

function onlyArgument(call: Call, wanted: string): Term {
  const [argument] = call.args;
  if (!argument || call.args.length !== 1) {
    throw new StatementFault(
      call.at,
      `${call.name} wants ${wanted}, not ${call.args.length} arguments`,
    );
  }
  return argument;
}

function operatorTerm(call: Call, operator: string, operand: Term): Term {
  return conditionTerm(call.at, { kind: "operator", name: call.name, operator, operand });
}
