import { maxDepth } from "../../bson/validate.ts";

/**
 * The keys of one object, to tell duplicates and, by the rule of an environment, dots where none may be and keys whose
 * paths collide: of `a` and `a.b` in one object nobody could say what `a.b` means. Keys are texts with one character for
 * each byte.
 */
export class FieldNames {
  private readonly rule: boolean;
  private readonly names = new Set<string>();
  /** All paths above dotted names: `a` and `a.b` for `a.b.c`. */
  private readonly parents = new Set<string>();

  /** @param rule the rule of an environment holds */
  constructor(rule: boolean) {
    this.rule = rule;
  }

  has(name: string): boolean {
    return this.names.has(name);
  }

  /** Adds a name that is not there yet; false when the rule forbids it. */
  add(name: string): boolean {
    if (this.rule && !this.obeys(name)) return false;
    this.names.add(name);
    return true;
  }

  private obeys(name: string): boolean {
    if (this.parents.has(name)) return false;
    if (!name.includes(".")) return true;
    if (name.startsWith(".") || name.endsWith(".") || name.includes("..")) return false;
    const parents = parentsOf(name);
    if (!parents) return false;
    if (parents.some((parent) => this.names.has(parent))) return false;
    for (const parent of parents) this.parents.add(parent);
    return true;
  }
}

/** The paths above a dotted name; null where it is a path deeper than any document. */
function parentsOf(name: string): string[] | null {
  const parents: string[] = [];
  for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
    if (parents.length === maxDepth) return null;
    parents.push(name.slice(0, dot));
  }
  return parents;
}
