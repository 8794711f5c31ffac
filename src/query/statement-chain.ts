import { DocferryError } from "../job/errors.ts";
import { checkCollectionName } from "./collection-name.ts";
import { checkFilter } from "./filter-tree.ts";
import type { QueryPlan, SortField } from "./plan.ts";
import { checkSortPath, maxSortFields } from "./sort-path.ts";
import { StatementFault } from "./statement-fault.ts";
import { filterOf } from "./statement-filter.ts";
import { projectionOf } from "./statement-projection.ts";
import { type Builtin, type Call, describe, type Term } from "./statement-term.ts";
import { documentValue, type DocumentValue, integerOf, type Value } from "./value.ts";
import { writeDocument } from "./write-value.ts";

/** A query while its chain is read. Never changed: a constant may hold the beginning of several chains. */
export interface QueryState {
  stage: Stage;
  collection: string;
  filter: Uint8Array;
  projection: DocumentValue | null;
  sort: SortField[];
  skip: number;
  limit: number | null;
}

type Stage = "collection" | "query" | "doc";

interface ChainMethod {
  /** What it may be called on. */
  after: readonly Stage[];
  call: (state: QueryState, call: Call) => Term;
}

const onQueries: readonly Stage[] = ["collection", "query"];

/** A kind of statement that an export does not take is refused by name; it enters here. */
const methods: ReadonlyMap<string, ChainMethod | { refused: string }> = new Map<
  string,
  ChainMethod | { refused: string }
>([
  ["doc", { after: ["collection"], call: doc }],
  ["where", { after: onQueries, call: where }],
  ["orderBy", { after: onQueries, call: orderBy }],
  ["skip", { after: onQueries, call: skip }],
  ["limit", { after: onQueries, call: limit }],
  ["field", { after: ["collection", "query", "doc"], call: field }],
  ["get", { after: ["collection", "query", "doc"], call: get }],
  ...["add", "aggregate", "count", "remove", "set", "update", "watch"].map(
    (name): [string, { refused: string }] => [
      name,
      {
        refused: `${name}() is not supported in an export, which must be a query that ends in get()`,
      },
    ],
  ),
]);

/** `db.collection(name)` */
export function collection({ at, args }: Call): Term {
  const [name] = args;
  if (!name || args.length !== 1 || name.kind !== "value" || name.value.type !== "string") {
    throw new StatementFault(name?.at ?? at, "db.collection wants the name of a collection");
  }
  const text = name.value.value;
  attempt(name.at, () => checkCollectionName(text));
  return queryTerm(at, {
    stage: "collection",
    collection: text,
    filter: writeDocument(documentValue([])),
    projection: null,
    sort: [],
    skip: 0,
    limit: null,
  });
}

export function chainMethod(state: QueryState, name: string, at: number): Builtin {
  const method = methods.get(name);
  if (!method) throw new StatementFault(at, `A query has no method ${name}`);
  if ("refused" in method) throw new StatementFault(at, method.refused);
  if (!method.after.includes(state.stage)) {
    const reason =
      state.stage === "doc" ? "cannot follow doc()" : "must follow db.collection() directly";
    throw new StatementFault(at, `${name}() ${reason}`);
  }
  return { name, members: null, call: (call) => method.call(state, call), constructs: false };
}

export function planOf(state: QueryState): QueryPlan {
  return {
    collection: state.collection,
    filter: state.filter,
    projection: state.projection && writeDocument(state.projection),
    sort: state.sort,
    skip: state.skip,
    limit: state.limit,
  };
}

/** A string of 24 hex digits means the ObjectId as well: an import makes ObjectIds, a client only knows their text. */
function doc(state: QueryState, call: Call): Term {
  const id = onlyArgument(call);
  const value = id.kind === "value" ? id.value : undefined;
  const known = value && ["string", "int32", "int64", "double"].includes(value.type);
  if (!value || !known) {
    throw new StatementFault(id.at, `doc wants a string or a number, not ${describe(id)}`);
  }
  const filter = writeDocument(documentValue([{ name: "_id", value: idCondition(value) }]));
  return queryTerm(call.at, { ...state, stage: "doc", filter });
}

function idCondition(value: Value): Value {
  if (value.type !== "string" || !/^[\da-f]{24}$/i.test(value.value)) return value;
  const either: Value[] = [{ type: "objectId", hex: value.value }, value];
  return documentValue([{ name: "$in", value: { type: "array", items: either } }]);
}

/** The last one holds, as in the vendor's SDK. */
function where(state: QueryState, call: Call): Term {
  const condition = onlyArgument(call);
  if (
    condition.kind === "object" &&
    condition.fields.length > 0 &&
    condition.fields.every(({ term }) => term.kind === "undefined")
  ) {
    throw new StatementFault(condition.at, "All fields of where are undefined");
  }
  const filter = writeDocument(filterOf(condition));
  attempt(condition.at, () => checkFilter(filter));
  return queryTerm(call.at, { ...state, stage: "query", filter });
}

/** Orders accumulate; a path given again keeps its weight and gets the new direction, as in the vendor's SDK. */
function orderBy(state: QueryState, call: Call): Term {
  const [path, direction] = call.args;
  if (path?.kind !== "value" || path.value.type !== "string") {
    const given = path ? describe(path) : "nothing";
    throw new StatementFault(
      path?.at ?? call.at,
      `orderBy wants the path of a field, not ${given}`,
    );
  }
  const text = path.value.value;
  attempt(path.at, () => checkSortPath(text));
  const word =
    direction?.kind === "value" && direction.value.type === "string" ? direction.value.value : "";
  if (call.args.length !== 2 || !direction || (word !== "asc" && word !== "desc")) {
    const given = direction ? describe(direction) : "nothing";
    throw new StatementFault(
      direction?.at ?? call.at,
      call.args.length > 2
        ? "orderBy wants two arguments"
        : `orderBy wants 'asc' or 'desc', not ${given}`,
    );
  }
  if (state.sort.length >= maxSortFields) {
    throw new StatementFault(call.at, `orderBy cannot be given more than ${maxSortFields} times`);
  }
  const order: SortField = { path: text, direction: word === "asc" ? 1 : -1 };
  const known = state.sort.some((other) => other.path === text);
  const sort = known
    ? state.sort.map((other) => (other.path === text ? order : other))
    : [...state.sort, order];
  return queryTerm(call.at, { ...state, stage: "query", sort });
}

function skip(state: QueryState, call: Call): Term {
  return queryTerm(call.at, { ...state, stage: "query", skip: countArgument(call) });
}

/** 0 means no limit, as in MongoDB. */
function limit(state: QueryState, call: Call): Term {
  return queryTerm(call.at, { ...state, stage: "query", limit: countArgument(call) || null });
}

function countArgument(call: Call): number {
  const argument = onlyArgument(call);
  const count = argument.kind === "value" ? integerOf(argument.value) : undefined;
  if (count === undefined || count < 0) {
    throw new StatementFault(
      argument.at,
      `${call.name} wants an integer of 0 or more, not ${describe(argument)}`,
    );
  }
  return count;
}

function field(state: QueryState, call: Call): Term {
  const projection = projectionOf(onlyArgument(call));
  const stage = state.stage === "doc" ? "doc" : "query";
  return queryTerm(call.at, { ...state, stage, projection });
}

function get(state: QueryState, call: Call): Term {
  if (call.args.length > 0) throw new StatementFault(call.at, "get takes no arguments");
  return { kind: "get", at: call.at, query: state, size: 0, depth: 0 };
}

function queryTerm(at: number, query: QueryState): Term {
  return { kind: "query", at, query, size: 0, depth: 0 };
}

function onlyArgument(call: Call): Term {
  const [argument] = call.args;
  if (!argument || call.args.length !== 1) {
    throw new StatementFault(call.at, `${call.name} wants one argument, not ${call.args.length}`);
  }
  return argument;
}

/** What the checks that know no source say gets the place. */
function attempt(at: number, check: () => void): void {
  try {
    check();
  } catch (thrown) {
    throw thrown instanceof DocferryError ? new StatementFault(at, thrown.message) : thrown;
  }
}
