import { collection } from "./statement-chain.ts";
import { commands } from "./statement-commands.ts";
import { StatementFault } from "./statement-fault.ts";
import { geo } from "./statement-geo.ts";
import { parseIsoDate, regexValue } from "./statement-scalars.ts";
import {
  type Builtin,
  type Call,
  describe,
  type Member,
  type Term,
  valueTerm,
} from "./statement-term.ts";
import { integerOf } from "./value.ts";

// The names a statement may use without declaring them. A new member of `db` is a line here.

const command = namespace("db.command", commands);

const db = namespace(
  "db",
  new Map<string, Member>([
    ["collection", callable("db.collection", collection)],
    ["command", command],
    ["Geo", namespace("db.Geo", geo)],
    ["RegExp", { ...callable("db.RegExp", regExp), constructs: true }],
    ["serverDate", { ...callable("db.serverDate", serverDate), constructs: true }],
  ]),
);

export const globals: ReadonlyMap<string, Builtin> = new Map([
  ["db", db],
  ["_", command],
  ["Date", { ...callable("Date", date), constructs: true }],
]);

function namespace(name: string, members: ReadonlyMap<string, Member>): Builtin {
  return { name, members, call: null, constructs: false };
}

function callable(name: string, call: (call: Call) => Term): Builtin {
  return { name, members: null, call, constructs: false };
}

/** `new Date()`, `new Date("2019-09-09T10:00:00Z")`, `new Date(1568023200000)` */
function date({ at, args, now, construct }: Call): Term {
  if (!construct) throw new StatementFault(at, "Date must be called with new");
  const [argument] = args;
  if (args.length > 1) {
    throw new StatementFault(at, "Date wants one argument: an ISO 8601 text or milliseconds");
  }
  if (!argument || argument.kind === "undefined") return dateTerm(at, now);
  const milliseconds = argument.kind === "value" ? millisecondsOf(argument.value) : undefined;
  if (milliseconds === undefined) {
    throw new StatementFault(
      argument.at,
      `Date wants an ISO 8601 text or milliseconds, not ${describe(argument)}`,
    );
  }
  return dateTerm(at, milliseconds);
}

function millisecondsOf(value: Extract<Term, { kind: "value" }>["value"]): number | undefined {
  if (value.type === "string") return parseIsoDate(value.value);
  if (value.type === "date") return value.value;
  const milliseconds = integerOf(value);
  // The range of a JavaScript date.
  return milliseconds !== undefined && Math.abs(milliseconds) <= 8.64e15 ? milliseconds : undefined;
}

/** `db.serverDate()`, `db.serverDate({offset: milliseconds})` */
function serverDate({ at, args, now }: Call): Term {
  const [options] = args;
  if (args.length > 1) throw new StatementFault(at, "db.serverDate wants {offset: milliseconds}");
  if (!options || options.kind === "undefined") return dateTerm(at, now);
  if (options.kind !== "object") {
    throw new StatementFault(
      options.at,
      `db.serverDate wants {offset: milliseconds}, not ${describe(options)}`,
    );
  }
  let offset = 0;
  for (const { name, term, at: place } of options.fields) {
    if (name !== "offset") {
      throw new StatementFault(place, `db.serverDate has no option ${name}`);
    }
    if (term.kind === "undefined") continue;
    const milliseconds = term.kind === "value" ? integerOf(term.value) : undefined;
    if (milliseconds === undefined || Math.abs(now + milliseconds) > 8.64e15) {
      throw new StatementFault(
        term.at,
        `The offset of db.serverDate must be whole milliseconds, not ${describe(term)}`,
      );
    }
    offset = milliseconds;
  }
  return dateTerm(at, now + offset);
}

function dateTerm(at: number, milliseconds: number): Term {
  return valueTerm(at, { type: "date", value: milliseconds });
}

/** `db.RegExp({regexp: "^a", options: "i"})` */
function regExp({ at, args }: Call): Term {
  const [options] = args;
  if (args.length !== 1 || options?.kind !== "object") {
    throw new StatementFault(options?.at ?? at, "db.RegExp wants {regexp: text, options: text}");
  }
  let pattern: string | undefined;
  let flags = "";
  for (const { name, term, at: place } of options.fields) {
    if (name !== "regexp" && name !== "options") {
      throw new StatementFault(place, `db.RegExp has no option ${name}`);
    }
    if (term.kind === "undefined") continue;
    if (term.kind !== "value" || term.value.type !== "string") {
      throw new StatementFault(
        term.at,
        `${name} of db.RegExp must be a string, not ${describe(term)}`,
      );
    }
    if (name === "regexp") pattern = term.value.value;
    else flags = term.value.value;
  }
  if (!pattern) throw new StatementFault(options.at, "db.RegExp wants a regexp that is not empty");
  return valueTerm(at, regexValue(options.at, pattern, flags));
}
