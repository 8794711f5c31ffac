import { DocferryError } from "../../job/errors.ts";
import { type Column, parseTypedName } from "./column-type.ts";

export interface ColumnOptions {
  columnsHaveTypes: boolean;
  useArrayIndexFields: boolean;
}

/**
 * The columns as a tree of the fields that they make, in order of first appearance: `a.b,x,a.c` is `{a: {b, c}, x}`. Inner
 * nodes have children, leaves a column.
 */
export interface FieldNode {
  name: string;
  /** Whether the children are elements of an array. */
  array: boolean;
  /** By name, or by index in an array; in order. */
  children: Map<string, FieldNode>;
  /** Index of the column of a leaf, -1 of an inner node. */
  column: number;
}

/** Paths and types of the columns. @throws {DocferryError} invalid_file */
export function parseColumns(columns: readonly string[], options: ColumnOptions): Column[] {
  if (columns.length === 0) throw invalid("There are no columns");
  return columns.map((name) =>
    options.columnsHaveTypes
      ? parseTypedName(name)
      : { path: name, literal: false, type: { kind: "auto" } },
  );
}

/** @throws {DocferryError} invalid_file for paths that no document can have side by side */
export function fieldTree(columns: readonly Column[], options: ColumnOptions): FieldNode {
  const root: FieldNode = { name: "", array: false, children: new Map(), column: -1 };
  for (const [index, { path, literal, type }] of columns.entries()) {
    if (type.kind === "document") continue;
    if (!literal) checkPath(path);
    if (path.includes("\0"))
      throw invalid(`Field \`${path.replaceAll("\0", "\\0")}\` cannot have a NUL`);
    addPath(root, path, literal ? [path] : path.split("."), index, options);
  }
  checkDocumentColumn(columns);
  if (root.children.get("_id")?.array) {
    throw invalid("Field `_id` cannot be an array");
  }
  return root;
}

function checkPath(path: string): void {
  if (path.endsWith(".")) throw invalid(`Field \`${path}\` cannot end with a \`.\``);
  if (path.startsWith(".")) throw invalid(`Field \`${path}\` cannot start with a \`.\``);
  if (path.startsWith("$")) throw invalid(`Field \`${path}\` cannot start with a \`$\``);
  if (path.includes("..")) throw invalid(`Field \`${path}\` cannot have consecutive \`.\``);
  if (path.split(".").length > maxDepth) {
    throw invalid(`Field \`${path}\` has more than ${maxDepth} levels`);
  }
}

/** The column that gives a document's order of fields: it speaks of fields, so all columns must be some. */
function checkDocumentColumn(columns: readonly Column[]): void {
  const documents = columns.filter(({ type }) => type.kind === "document");
  if (documents.length > 1) throw invalid("There can be only one column `:document`");
  const nested = columns.find(({ path, literal }) => !literal && path.includes("."));
  if (documents.length > 0 && nested) {
    throw invalid(
      `Beside a column \`:document\` a field with dots in its name needs quotes: \`${nested.path}\``,
    );
  }
}

/** As deep as any record may be. */
const maxDepth = 200;

function addPath(
  root: FieldNode,
  path: string,
  names: readonly string[],
  column: number,
  options: ColumnOptions,
): void {
  let node = root;
  for (const [level, name] of names.entries()) {
    const isLast = level === names.length - 1;
    let child = node.children.get(name);
    if (child && isLast) {
      if (node.array) throw badIndex(path);
      throw child.column >= 0 ? identical(path) : incompatible(path, names, level, child);
    }
    if (child && child.column >= 0) throw incompatible(path, names, level, child);
    if (!child && node.array && Number(name) !== node.children.size) throw badIndex(path);
    const next = names[level + 1];
    const array = next !== undefined && options.useArrayIndexFields && isIndex(next);
    if (child && child.array !== array) throw incompatible(path, names, level, child);
    if (!child) {
      child = { name, array, children: new Map(), column: isLast ? column : -1 };
      node.children.set(name, child);
    }
    node = child;
  }
}

/** `0`, `1`, `12`; not `00`, `+1`. */
function isIndex(name: string): boolean {
  return /^(?:0|[1-9]\d{0,8})$/.test(name);
}

function identical(path: string): DocferryError {
  return invalid(`Fields cannot be identical: \`${path}\` and \`${path}\``);
}

function incompatible(
  path: string,
  names: readonly string[],
  level: number,
  other: FieldNode,
): DocferryError {
  const there = names.slice(0, level + 1);
  let node = firstChild(other);
  for (; node; node = firstChild(node)) there.push(node.name);
  return invalid(`Fields \`${there.join(".")}\` and \`${path}\` are incompatible`);
}

function firstChild(node: FieldNode): FieldNode | undefined {
  return node.children.values().next().value;
}

function badIndex(path: string): DocferryError {
  return invalid(
    `Array index error with field \`${path}\`: array indexes in fields must start from 0 and increase sequentially`,
  );
}

function invalid(message: string): DocferryError {
  return new DocferryError("invalid_file", message);
}
