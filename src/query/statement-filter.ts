import { StatementFault } from "./statement-fault.ts";
import {
  checkSize,
  type Condition,
  describe,
  type Term,
  type TermField,
} from "./statement-term.ts";
import { valueOf } from "./statement-value.ts";
import { arrayValue, documentValue, type DocumentValue, type Field, type Value } from "./value.ts";

// How conditions become a filter. Nested plain objects are flattened to dotted paths; logic that stands at a field is hoisted
// to the top, with the path put into each of its operands: `age: _.or(_.lt(1), _.gt(5))` is
// `{$or: [{age: {$lt: 1}}, {age: {$gt: 5}}]}`.

/**
 * The filter that an argument of `where` stands for: an object, or a logic command over objects.
 * @throws {StatementFault}
 */
export function filterOf(term: Term): DocumentValue {
  return new FilterBuilder().query(term);
}

const logicNames: ReadonlySet<string> = new Set(["$and", "$or", "$nor"]);

class FilterBuilder {
  #size = 0;

  query(term: Term): DocumentValue {
    if (term.kind === "object") return this.#combine(this.#fields(term.fields, ""), term.at);
    if (term.kind === "condition") return this.#combine(this.#anywhere(term), term.at);
    throw new StatementFault(
      term.at,
      `A condition must be an object or a logic command, not ${describe(term)}`,
    );
  }

  /** The clauses of an object's fields, each with its whole path. */
  #fields(fields: TermField[], prefix: string): Field[] {
    const clauses: Field[] = [];
    const operators: Field[] = [];
    for (const { name, term, at } of fields) {
      if (term.kind === "undefined") continue;
      if (name.startsWith("$")) {
        if (prefix === "") clauses.push(this.#rawLogic(name, term, at));
        else operators.push({ name, value: this.#rawOperand(name, term) });
        continue;
      }
      const path = prefix + name;
      this.#spend(at, path.length);
      if (term.kind === "object") clauses.push(...this.#fields(term.fields, `${path}.`));
      else if (term.kind === "condition") clauses.push(...this.#at(path, term.condition));
      else clauses.push({ name: path, value: valueOf(term) });
    }
    if (operators.length > 0) {
      clauses.unshift({ name: prefix.slice(0, -1), value: documentValue(operators) });
    }
    return clauses;
  }

  /** `$or: [{…}, …]` written out as in MongoDB. */
  #rawLogic(name: string, term: Term, at: number): Field {
    if (!logicNames.has(name)) {
      throw new StatementFault(at, `The operator ${name} is not supported in a query`);
    }
    if (term.kind !== "array") {
      throw new StatementFault(term.at, `${name} wants an array, not ${describe(term)}`);
    }
    return { name, value: arrayValue(term.items.map((item) => this.query(item))) };
  }

  /** `{$gt: 5}` written out as in MongoDB. */
  #rawOperand(name: string, term: Term): Value {
    if (name === "$elemMatch") return this.#elementCondition(term);
    if (name === "$not" && term.kind === "condition") return this.#operators(term);
    if (name === "$not" && term.kind === "object") {
      return documentValue(
        term.fields
          .filter((field) => field.term.kind !== "undefined")
          .map((field) => ({ name: field.name, value: this.#rawOperand(field.name, field.term) })),
      );
    }
    if (name === "$all") return this.#allOperand(term);
    return valueOf(term);
  }

  /** The clauses of a command that stands at no field. */
  #anywhere(term: Extract<Term, { kind: "condition" }>): Field[] {
    const { condition } = term;
    switch (condition.kind) {
      case "operator":
        throw new StatementFault(term.at, `${condition.name} must stand at a field`);
      case "logic":
        return [
          {
            name: condition.operator,
            value: arrayValue(condition.operands.map((operand) => this.query(operand))),
          },
        ];
      case "not":
        return [{ name: "$nor", value: arrayValue([this.query(condition.operand)]) }];
      default:
        return condition satisfies never;
    }
  }

  /** The clauses of a command that stands at a field. */
  #at(path: string, condition: Condition): Field[] {
    switch (condition.kind) {
      case "operator":
        return [{ name: path, value: documentValue([this.#operator(condition)]) }];
      case "logic":
        return [
          {
            name: condition.operator,
            value: arrayValue(
              condition.operands.map((operand) => this.#operandAt(path, operand, condition.name)),
            ),
          },
        ];
      case "not":
        return [this.#notAt(path, condition.operand)];
      default:
        return condition satisfies never;
    }
  }

  #operandAt(path: string, operand: Term, command: string): DocumentValue {
    this.#spend(operand.at, path.length);
    if (operand.kind === "condition") {
      return this.#combine(this.#at(path, operand.condition), operand.at);
    }
    if (operand.kind === "object" || operand.kind === "undefined") {
      throw new StatementFault(
        operand.at,
        `${command} at the field ${path} wants commands or values, not ${describe(operand)}`,
      );
    }
    return documentValue([{ name: path, value: valueOf(operand) }]);
  }

  #notAt(path: string, operand: Term): Field {
    if (operand.kind !== "condition") {
      return { name: path, value: documentValue([{ name: "$not", value: valueOf(operand) }]) };
    }
    if (operand.condition.kind === "operator") {
      const negated = documentValue([this.#operator(operand.condition)]);
      return { name: path, value: documentValue([{ name: "$not", value: negated }]) };
    }
    // $not takes no logic; not (a or b) at a field is neither of them.
    const inner = this.#combine(this.#at(path, operand.condition), operand.at);
    return { name: "$nor", value: arrayValue([inner]) };
  }

  #operator({ operator, operand }: Extract<Condition, { kind: "operator" }>): Field {
    this.#spend(operand.at, operand.size);
    if (operator === "$elemMatch")
      return { name: operator, value: this.#elementCondition(operand) };
    if (operator === "$all") return { name: operator, value: this.#allOperand(operand) };
    return { name: operator, value: valueOf(operand) };
  }

  /** What `$elemMatch` holds: a query on elements that are documents, or operators on elements that are values. */
  #elementCondition(term: Term): Value {
    if (term.kind === "condition") {
      const { condition } = term;
      const onDocuments =
        condition.kind === "logic" && condition.operands.some(({ kind }) => kind === "object");
      return onDocuments ? this.query(term) : this.#operators(term);
    }
    if (term.kind !== "object") {
      throw new StatementFault(
        term.at,
        `elemMatch wants an object or a command, not ${describe(term)}`,
      );
    }
    const { fields } = term;
    if (!fields.some(({ name }) => name.startsWith("$") && !logicNames.has(name))) {
      return this.query(term);
    }
    return documentValue(fields.map((field) => this.#rawOperatorField(field)));
  }

  #rawOperatorField({ name, term, at }: TermField): Field {
    if (!name.startsWith("$")) {
      throw new StatementFault(at, `The field ${name} cannot stand beside operators`);
    }
    return { name, value: this.#rawOperand(name, term) };
  }

  /** A command without a field as operators: `_.gt(1).lt(9)` is `{$gt: 1, $lt: 9}`. */
  #operators(term: Term): DocumentValue {
    const operators = this.#operatorList(term);
    const names = new Set(operators.map(({ name }) => name));
    if (names.size < operators.length) {
      throw new StatementFault(term.at, "The same command cannot be given twice for an element");
    }
    return documentValue(operators);
  }

  #operatorList(term: Term): Field[] {
    if (term.kind !== "condition") {
      throw new StatementFault(term.at, `A command must stand here, not ${describe(term)}`);
    }
    const { condition } = term;
    if (condition.kind === "operator") return [this.#operator(condition)];
    if (condition.kind === "not") {
      const { operand } = condition;
      const inner = operand.kind === "condition" ? this.#operators(operand) : valueOf(operand);
      return [{ name: "$not", value: inner }];
    }
    if (condition.operator !== "$and") {
      throw new StatementFault(
        term.at,
        `${condition.name} is not supported for an element that is not an object`,
      );
    }
    return condition.operands.flatMap((operand) => this.#operatorList(operand));
  }

  /** Values, or `_.elemMatch` commands. */
  #allOperand(term: Term): Value {
    if (term.kind !== "array") {
      throw new StatementFault(term.at, `$all wants an array, not ${describe(term)}`);
    }
    return arrayValue(
      term.items.map((item) =>
        item.kind === "condition" &&
        item.condition.kind === "operator" &&
        item.condition.operator === "$elemMatch"
          ? documentValue([this.#operator(item.condition)])
          : valueOf(item),
      ),
    );
  }

  /** One document of all clauses. A name that comes again goes under `$and`, so that no condition is lost. */
  #combine(clauses: Field[], at: number): DocumentValue {
    this.#spend(at, 5);
    const fields = new Map<string, Field>();
    const again: DocumentValue[] = [];
    for (const clause of clauses) {
      if (fields.has(clause.name)) again.push(documentValue([clause]));
      else fields.set(clause.name, clause);
    }
    if (again.length > 0) {
      const both = fields.get("$and")?.value;
      const items = both?.type === "array" ? both.items : [];
      fields.set("$and", { name: "$and", value: arrayValue([...items, ...again]) });
    }
    return documentValue([...fields.values()]);
  }

  /** Flattening repeats paths, so its result is measured too. */
  #spend(at: number, bytes: number): void {
    this.#size += bytes;
    checkSize(at, this.#size);
  }
}
