import { chainMethod } from "./statement-chain.ts";
import { conditionMethod } from "./statement-commands.ts";
import { StatementFault } from "./statement-fault.ts";
import { type Builtin, builtinTerm, describe, type Term } from "./statement-term.ts";

/** `term.name`: a member of `db` and its like, a method of a command or a query. */
export function propertyOf(term: Term, name: string, at: number): Term {
  if (term.kind === "builtin") return builtinTerm(at, member(term.builtin, name, at));
  if (term.kind === "condition") return builtinTerm(at, conditionMethod(term, name, at));
  if (term.kind === "query") return builtinTerm(at, chainMethod(term.query, name, at));
  if (term.kind === "get") {
    throw new StatementFault(at, `get() must be the last call, but .${name} follows`);
  }
  throw new StatementFault(at, `${describe(term)} has no member ${name}`);
}

function member(builtin: Builtin, name: string, at: number): Builtin {
  const found = builtin.members?.get(name);
  if (!found) throw new StatementFault(at, `${builtin.name} has no member ${name}`);
  if ("refused" in found) throw new StatementFault(at, found.refused);
  return found;
}
