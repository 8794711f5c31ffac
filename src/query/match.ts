import { type FieldTest, type FilterNode, readFilter } from "./filter-tree.ts";
import { leafTest } from "./match-leaf.ts";
import { anyAtPath, type PathPart, pathParts, type ValueTest } from "./match-path.ts";

/**
 * Whether a document matches a MongoDB filter, as MongoDB decides it, on BSON bytes.
 * @throws {DocferryError} `invalid_query`: unknown operators, and regular expressions that only PCRE can run
 */
export function compileMatcher(filter: Uint8Array): (document: Uint8Array) => boolean {
  const matches = compileNode(readFilter(filter));
  return (document) => matches(document, 0);
}

/** Whether the document (or array) at a position of the bytes matches. */
type DocumentTest = (bytes: Uint8Array, at: number) => boolean;

function compileNode(node: FilterNode): DocumentTest {
  if (node.kind === "field") return compileAtPath(pathParts(node.path), node.test);
  const tests = node.nodes.map(compileNode);
  if (node.kind === "and") return (bytes, at) => tests.every((test) => test(bytes, at));
  if (node.kind === "or") return (bytes, at) => tests.some((test) => test(bytes, at));
  return (bytes, at) => !tests.some((test) => test(bytes, at));
}

/** Each leaf looks for its own value at the path: in `{a: [1, 9]}` one element may be under 5 and another one over it. */
function compileAtPath(path: PathPart[], test: FieldTest): DocumentTest {
  switch (test.kind) {
    case "leaf": {
      const passes = leafTest(test.leaf, { compileNode, compileOnValue });
      const { kind } = test.leaf;
      const whole = kind === "size" || kind === "elementMatches" || kind === "elementPasses";
      return (bytes, at) => anyAtPath(bytes, at, path, !whole, passes);
    }
    case "every": {
      const tests = test.tests.map((inner) => compileAtPath(path, inner));
      return (bytes, at) => tests.every((passes) => passes(bytes, at));
    }
    case "not": {
      const passes = compileAtPath(path, test.test);
      return (bytes, at) => !passes(bytes, at);
    }
    default:
      return test satisfies never;
  }
}

/** All leaves look at one and the same value. */
function compileOnValue(test: FieldTest): ValueTest {
  switch (test.kind) {
    case "leaf":
      return leafTest(test.leaf, { compileNode, compileOnValue });
    case "every": {
      const tests = test.tests.map(compileOnValue);
      return (type, bytes, at) => tests.every((passes) => passes(type, bytes, at));
    }
    case "not": {
      const passes = compileOnValue(test.test);
      return (type, bytes, at) => !passes(type, bytes, at);
    }
    default:
      return test satisfies never;
  }
}
