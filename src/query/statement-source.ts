import { parse, type Program, type Token } from "acorn";
import { StatementFault } from "./statement-fault.ts";
import { plainQuotes } from "./statement-quotes.ts";

const maxLength = 1024 * 1024;
const maxBrackets = 200;

/**
 * The source as a syntax tree. Offsets in the tree are offsets in the source. A source that does not parse is tried once more
 * with `\'` read as a string delimiter, as the vendor's sample of an export has it.
 * @throws {StatementFault}
 */
export function parseSource(source: string): Program {
  if (source.length > maxLength) {
    throw new StatementFault(0, "The query is longer than 1,048,576 characters");
  }
  try {
    return parseScript(source);
  } catch (thrown) {
    const plain = isSyntaxError(thrown) ? plainQuotes(source) : undefined;
    if (plain === undefined) throw asFault(thrown);
    try {
      return parseScript(plain);
    } catch (again) {
      throw again instanceof StatementFault ? again : asFault(thrown);
    }
  }
}

function parseScript(source: string): Program {
  return parse(source, { ecmaVersion: 2022, sourceType: "script", onToken: bracketCounter() });
}

/** The parser descends with each bracket, so their depth is bounded while it reads: 100,000 of them must not use up the stack. */
function bracketCounter(): (token: Token) => void {
  let depth = 0;
  return ({ type, start }) => {
    const { label } = type;
    if (label === "(" || label === "[" || label === "{" || label === "${") {
      depth++;
      if (depth > maxBrackets) {
        throw new StatementFault(start, `Brackets are nested more than ${maxBrackets} levels deep`);
      }
    } else if (label === ")" || label === "]" || label === "}") {
      depth--;
    }
  };
}

type AcornError = SyntaxError & { pos: number };

function isSyntaxError(thrown: unknown): thrown is AcornError {
  return thrown instanceof SyntaxError && typeof (thrown as Partial<AcornError>).pos === "number";
}

function asFault(thrown: unknown): unknown {
  // The parser guards its own descent, but not that into a regular expression.
  if (thrown instanceof RangeError) {
    return new StatementFault(
      0,
      "A regular expression is nested too deeply in the query that begins",
    );
  }
  if (!isSyntaxError(thrown)) return thrown;
  const reason = thrown.message.replace(/ \(\d+:\d+\)$/, "");
  // Operators descend as brackets do. None of them is of use here, so the parser's own bound is theirs.
  if (reason.startsWith("Not enough stack")) {
    return new StatementFault(thrown.pos, "The query is nested too deeply");
  }
  return new StatementFault(thrown.pos, `The query is not well-formed: ${lowerFirst(reason)}`);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
