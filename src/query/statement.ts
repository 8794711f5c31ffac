import type { Program } from "acorn";
import type { QueryPlan } from "./plan.ts";
import { planOf } from "./statement-chain.ts";
import { Evaluator, refuseNode } from "./statement-evaluate.ts";
import { StatementFault, withPlace } from "./statement-fault.ts";
import { parseSource } from "./statement-source.ts";
import { describe, type Term } from "./statement-term.ts";

/**
 * The wire's query language (a subset of JavaScript over `db` and `_`), parsed to a plan, never run:
 * declarations such as `const Point = db.Geo.Point;`, then one chain that ends in `get()`.
 * @param now milliseconds since 1970: what `new Date()` and `db.serverDate()` stand for
 * @throws {DocferryError} `invalid_query`, its message ends in the line and the column
 */
export function parseStatement(source: string, now: number): QueryPlan {
  try {
    const term = evaluateProgram(parseSource(source), new Evaluator(now));
    if (term.kind === "get") return planOf(term.query);
    if (term.kind === "query") {
      throw new StatementFault(term.at, "An export's query must end in .get(), which is missing");
    }
    throw new StatementFault(
      term.at,
      `An export's query must be db.collection(…)….get(), not ${describe(term)}`,
    );
  } catch (thrown) {
    throw thrown instanceof StatementFault ? withPlace(thrown, source) : thrown;
  }
}

/** What the one expression stands for. */
function evaluateProgram(program: Program, evaluator: Evaluator): Term {
  let result: Term | undefined;
  for (const statement of program.body) {
    if (statement.type === "EmptyStatement") continue;
    if (result) {
      throw new StatementFault(statement.start, "Nothing may follow the query");
    }
    if (statement.type === "VariableDeclaration") evaluator.declare(statement);
    else if (statement.type === "ExpressionStatement") {
      result = evaluator.evaluate(statement.expression);
    } else refuseNode(statement);
  }
  if (!result) {
    throw new StatementFault(program.end, "The query has no db.collection(…)….get()");
  }
  return result;
}
