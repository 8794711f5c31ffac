import { projectionOfPaths, type ProjectedPath } from "./projection-tree.ts";
import { StatementFault } from "./statement-fault.ts";
import { describe, type Term, type TermField } from "./statement-term.ts";
import { documentValue, type DocumentValue, numberOf } from "./value.ts";

/**
 * The projection that an argument of `field` stands for, its paths in the order given; null for `{}`, which keeps all.
 * @throws {StatementFault}
 */
export function projectionOf(term: Term): DocumentValue | null {
  if (term.kind !== "object") {
    throw new StatementFault(term.at, `field wants an object, not ${describe(term)}`);
  }
  const paths: PlacedPath[] = [];
  collect(term.fields, "", paths);
  if (paths.length === 0) return null;
  projectionOfPaths(paths, ({ at }, message) => new StatementFault(at, message));
  return documentValue(
    paths.map(({ path, include }) => ({
      name: path,
      value: { type: "boolean", value: include },
    })),
  );
}

interface PlacedPath extends ProjectedPath {
  at: number;
}

function collect(fields: TermField[], prefix: string, paths: PlacedPath[]): void {
  for (const { name, term, at } of fields) {
    if (term.kind === "undefined") continue;
    const path = prefix + name;
    if (name.startsWith("$")) {
      throw new StatementFault(at, `The operator ${name} is not supported in field`);
    }
    if (term.kind === "object") {
      if (term.fields.length === 0)
        throw new StatementFault(term.at, `The projection of ${path} is empty`);
      collect(term.fields, `${path}.`, paths);
    } else {
      paths.push({ path, include: flagOf(path, term), at });
    }
  }
}

function flagOf(path: string, term: Term): boolean {
  if (term.kind === "value") {
    const { value } = term;
    if (value.type === "boolean") return value.value;
    const number = numberOf(value);
    if (number === 0 || number === 1) return number === 1;
  }
  throw new StatementFault(
    term.at,
    `field wants true, false, 1 or 0 for ${path}, not ${describe(term)}`,
  );
}
