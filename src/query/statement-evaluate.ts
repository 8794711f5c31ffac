import type {
  ArrayExpression,
  CallExpression,
  Expression,
  Literal,
  MemberExpression,
  NewExpression,
  Node,
  ObjectExpression,
  Property,
  SpreadElement,
  Super,
  TemplateLiteral,
  UnaryExpression,
  VariableDeclaration,
} from "acorn";
import { maxDepth } from "../bson/validate.ts";
import { globals } from "./statement-builtins.ts";
import { StatementFault } from "./statement-fault.ts";
import { propertyOf } from "./statement-members.ts";
import { bigintLiteral, negate, numberLiteral, regexValue } from "./statement-scalars.ts";
import {
  arrayTerm,
  builtinTerm,
  describe,
  objectTerm,
  type Term,
  type TermField,
  undefinedTerm,
  valueTerm,
} from "./statement-term.ts";
import { stringValue } from "./value.ts";

/** Turns expressions into terms. Knows the syntax; what names and calls mean stands in the tables of the builtins. */
export class Evaluator {
  readonly #now: number;
  readonly #names = new Map<string, Term>();
  #depth = 0;

  /** @param now milliseconds since 1970 */
  constructor(now: number) {
    this.#now = now;
    for (const [name, builtin] of globals) this.#names.set(name, builtinTerm(0, builtin));
  }

  declare(declaration: VariableDeclaration): void {
    for (const { id, init } of declaration.declarations) {
      if (id.type !== "Identifier") refuseNode(id);
      this.#names.set(id.name, init ? this.evaluate(init) : undefinedTerm(id.start));
    }
  }

  evaluate(node: Expression | SpreadElement): Term {
    this.#depth++;
    // Brackets and constants are bounded elsewhere; this bounds what has neither: `- - - - 1`.
    if (this.#depth > maxDepth) {
      throw new StatementFault(
        node.start,
        `Expressions are nested more than ${maxDepth} levels deep`,
      );
    }
    const term = this.#term(node);
    this.#depth--;
    return term;
  }

  #term(node: Expression | SpreadElement): Term {
    if (node.type === "Literal") return literal(node);
    if (node.type === "TemplateLiteral") return template(node);
    if (node.type === "Identifier") return this.#named(node.name, node.start);
    if (node.type === "UnaryExpression") return this.#unary(node);
    if (node.type === "ArrayExpression") return this.#array(node);
    if (node.type === "ObjectExpression") return this.#object(node);
    if (node.type === "NewExpression") return this.#construct(node);
    if (node.type === "CallExpression" || node.type === "MemberExpression")
      return this.#chain(node);
    return refuseNode(node);
  }

  #named(name: string, at: number): Term {
    const term = this.#names.get(name);
    if (term) return { ...term, at };
    switch (name) {
      case "undefined":
        return undefinedTerm(at);
      case "NaN":
        return valueTerm(at, { type: "double", value: NaN });
      case "Infinity":
        return valueTerm(at, { type: "double", value: Infinity });
      default:
        throw new StatementFault(at, `${name} is not defined`);
    }
  }

  #unary(node: UnaryExpression): Term {
    const { operator, argument, start } = node;
    if (operator !== "-" && operator !== "+") refuseNode(node);
    const negative = operator === "-";
    // Before the number is made: 9223372036854775808 is no Int64, -9223372036854775808 is one.
    if (argument.type === "Literal" && typeof argument.value === "number") {
      return valueTerm(start, numberLiteral(argument.raw ?? "", argument.value, negative));
    }
    const term = this.evaluate(argument);
    const value = term.kind === "value" ? negate(term.value, negative) : undefined;
    if (!value) {
      throw new StatementFault(start, `${operator} wants a number, not ${describe(term)}`);
    }
    return valueTerm(start, value);
  }

  /** A hole is undefined. */
  #array({ elements, start }: ArrayExpression): Term {
    const items = elements.map((item) => (item ? this.evaluate(item) : undefinedTerm(start)));
    return arrayTerm(start, items);
  }

  #object(node: ObjectExpression): Term {
    // A name given twice keeps its first place and its last value, as in JavaScript.
    const fields = new Map<string, TermField>();
    for (const property of node.properties) {
      if (property.type !== "Property") refuseNode(property);
      if (property.kind !== "init" || property.method) {
        throw new StatementFault(property.start, "A function is not supported in a query");
      }
      const name = this.#key(property);
      fields.set(name, { name, term: this.evaluate(property.value), at: property.key.start });
    }
    return objectTerm(node.start, [...fields.values()]);
  }

  #key({ key, computed }: Property): string {
    let name: string | undefined;
    if (computed) {
      const term = this.evaluate(key);
      if (term.kind === "value" && term.value.type === "string") name = term.value.value;
    } else if (key.type === "Identifier") {
      ({ name } = key);
    } else if (key.type === "Literal") {
      name = String(key.value);
    }
    if (name === undefined) throw new StatementFault(key.start, "A computed name must be a string");
    if (name.includes("\0")) throw new StatementFault(key.start, "A name must not contain NUL");
    return name;
  }

  #construct(node: NewExpression): Term {
    const callee = this.evaluate(node.callee);
    if (callee.kind !== "builtin" || !callee.builtin.constructs) {
      throw new StatementFault(node.start, `new cannot be used with ${describe(callee)}`);
    }
    return this.#call(callee, node.arguments, node.start, true);
  }

  /** `a.b(c).d(e)`: a tree that leans to the left and may be as deep as the source is long, so it is not descended into. */
  #chain(node: CallExpression | MemberExpression): Term {
    const links: (CallExpression | MemberExpression)[] = [];
    let base: Expression = node;
    while (base.type === "CallExpression" || base.type === "MemberExpression") {
      links.push(base);
      const inner: Expression | Super = base.type === "CallExpression" ? base.callee : base.object;
      if (inner.type === "Super") return refuseNode(base);
      base = inner;
    }
    let term = this.evaluate(base);
    for (const link of links.toReversed()) {
      if (link.optional) refuseNode(link);
      term =
        link.type === "CallExpression"
          ? this.#call(term, link.arguments, term.at, false)
          : propertyOf(term, this.#memberName(link), link.property.start);
    }
    return term;
  }

  #memberName({ property, computed }: MemberExpression): string {
    if (property.type === "Identifier" && !computed) return property.name;
    if (property.type === "Literal" && typeof property.value === "string") return property.value;
    throw new StatementFault(property.start, "A computed member is not supported in a query");
  }

  #call(callee: Term, args: (Expression | SpreadElement)[], at: number, construct: boolean): Term {
    if (callee.kind !== "builtin" || !callee.builtin.call) {
      throw new StatementFault(callee.at, `${describe(callee)} is not a function`);
    }
    return callee.builtin.call({
      at,
      name: callee.builtin.name,
      args: args.map((argument) => this.evaluate(argument)),
      construct,
      now: this.#now,
    });
  }
}

function literal(node: Literal): Term {
  const { value, start } = node;
  if (node.regex) {
    return valueTerm(start, regexValue(start, node.regex.pattern, node.regex.flags));
  }
  if (typeof node.bigint === "string") return valueTerm(start, bigintLiteral(start, node.bigint));
  if (typeof value === "string") return valueTerm(start, stringValue(value));
  if (typeof value === "boolean") return valueTerm(start, { type: "boolean", value });
  if (typeof value === "number") {
    return valueTerm(start, numberLiteral(node.raw ?? "", value, false));
  }
  return valueTerm(start, { type: "null" });
}

function template({ quasis, expressions, start }: TemplateLiteral): Term {
  const text = quasis[0]?.value.cooked;
  if (expressions.length > 0 || typeof text !== "string") {
    throw new StatementFault(
      start,
      "A template string with an expression is not supported in a query",
    );
  }
  return valueTerm(start, stringValue(text));
}

/** Says by name what is not part of the language. */
export function refuseNode(node: Node): never {
  const name = constructs.get(node.type) ?? node.type;
  throw new StatementFault(node.start, `${name} is not supported in a query`);
}

const constructs: ReadonlyMap<string, string> = new Map([
  ["ArrayPattern", "Destructuring"],
  ["ArrowFunctionExpression", "A function"],
  ["AssignmentExpression", "An assignment"],
  ["AwaitExpression", "await"],
  ["BinaryExpression", "An operator"],
  ["BlockStatement", "A block"],
  ["CallExpression", "Optional chaining"],
  ["ChainExpression", "Optional chaining"],
  ["ClassDeclaration", "A class"],
  ["ClassExpression", "A class"],
  ["ConditionalExpression", "A conditional expression"],
  ["DoWhileStatement", "A loop"],
  ["ForInStatement", "A loop"],
  ["ForOfStatement", "A loop"],
  ["ForStatement", "A loop"],
  ["FunctionDeclaration", "A function"],
  ["FunctionExpression", "A function"],
  ["IfStatement", "if"],
  ["ImportExpression", "import"],
  ["LabeledStatement", "A label"],
  ["LogicalExpression", "An operator"],
  ["MemberExpression", "Optional chaining"],
  ["MetaProperty", "A meta property"],
  ["ObjectPattern", "Destructuring"],
  ["SequenceExpression", "A comma expression"],
  ["SpreadElement", "A spread"],
  ["Super", "super"],
  ["SwitchStatement", "switch"],
  ["TaggedTemplateExpression", "A tagged template string"],
  ["ThisExpression", "this"],
  ["ThrowStatement", "throw"],
  ["TryStatement", "try"],
  ["UnaryExpression", "An operator other than - and +"],
  ["UpdateExpression", "An assignment"],
  ["WhileStatement", "A loop"],
  ["YieldExpression", "yield"],
]);
