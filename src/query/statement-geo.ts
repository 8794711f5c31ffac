import { StatementFault } from "./statement-fault.ts";
import {
  type Builtin,
  type Call,
  checkSize,
  describe,
  geoTerm,
  type Member,
  type Term,
} from "./statement-term.ts";
import { type ArrayValue, arrayValue, numberOf, type Value } from "./value.ts";

// The constructors of `db.Geo`. Each takes what it is made of, or the GeoJSON object of its own type.

export type GeoShape =
  | "Point"
  | "MultiPoint"
  | "LineString"
  | "MultiLineString"
  | "Polygon"
  | "MultiPolygon";

interface ShapeRule {
  /** What its coordinates are a list of; null for a point. */
  of: GeoShape | null;
  atLeast: number;
  /** Each line must end where it begins. */
  closed: boolean;
}

const shapes = {
  Point: { of: null, atLeast: 2, closed: false },
  MultiPoint: { of: "Point", atLeast: 1, closed: false },
  LineString: { of: "Point", atLeast: 2, closed: false },
  MultiLineString: { of: "LineString", atLeast: 1, closed: false },
  Polygon: { of: "LineString", atLeast: 1, closed: true },
  MultiPolygon: { of: "Polygon", atLeast: 1, closed: false },
} as const satisfies Record<GeoShape, ShapeRule>;

export const geo: ReadonlyMap<string, Member> = new Map(
  (Object.keys(shapes) as GeoShape[]).map((shape): [string, Builtin] => [
    shape,
    {
      name: `db.Geo.${shape}`,
      members: null,
      call: (call) => construct(shape, call),
      constructs: true,
    },
  ]),
);

function construct(shape: GeoShape, { at, args }: Call): Term {
  const [first] = args;
  if (args.length === 1 && first?.kind === "object") return fromGeoJson(shape, first);
  if (shape === "Point") {
    const [longitude, latitude] = args;
    if (args.length !== 2 || !longitude || !latitude) {
      throw new StatementFault(at, "db.Geo.Point wants a longitude and a latitude");
    }
    const items = [degrees(longitude, "longitude", 180), degrees(latitude, "latitude", 90)];
    return geoTerm(at, shape, arrayValue(items), 20);
  }
  const rule: ShapeRule = shapes[shape];
  if (args.length !== 1 || first?.kind !== "array") {
    throw new StatementFault(
      first?.at ?? at,
      `db.Geo.${shape} wants an array of ${rule.of ?? "numbers"}`,
    );
  }
  const items = first.items.map((item) => partOf(shape, rule, item));
  checkCount(shape, rule, items.length, first.at);
  return geoTerm(at, shape, arrayValue(items), first.size);
}

/** An element of the list a shape is made of, as coordinates. */
function partOf(shape: GeoShape, rule: ShapeRule, item: Term): ArrayValue {
  if (item.kind !== "geo" || item.shape !== rule.of) {
    throw new StatementFault(
      item.at,
      `db.Geo.${shape} wants an array of ${rule.of}, but an item is ${describe(item)}`,
    );
  }
  if (rule.closed) checkClosed(item.coordinates, item.at);
  return item.coordinates;
}

function fromGeoJson(shape: GeoShape, object: Extract<Term, { kind: "object" }>): Term {
  let type: string | undefined;
  let coordinates: Term | undefined;
  for (const { name, term } of object.fields) {
    if (name === "type" && term.kind === "value" && term.value.type === "string") {
      type = term.value.value;
    } else if (name === "coordinates") coordinates = term;
  }
  if (type !== shape || !coordinates) {
    throw new StatementFault(
      object.at,
      `db.Geo.${shape} wants {type: "${shape}", coordinates: […]} where an object is given`,
    );
  }
  checkSize(object.at, object.size);
  return geoTerm(object.at, shape, coordinatesOf(shape, coordinates), object.size);
}

function coordinatesOf(shape: GeoShape, term: Term): ArrayValue {
  const rule: ShapeRule = shapes[shape];
  const { of } = rule;
  if (term.kind !== "array") {
    throw new StatementFault(
      term.at,
      `The coordinates of a ${shape} must be an array, not ${describe(term)}`,
    );
  }
  if (!of) {
    const [longitude, latitude] = term.items;
    if (term.items.length !== 2 || !longitude || !latitude) {
      throw new StatementFault(
        term.at,
        "The coordinates of a Point are a longitude and a latitude",
      );
    }
    return arrayValue([degrees(longitude, "longitude", 180), degrees(latitude, "latitude", 90)]);
  }
  const items = term.items.map((item) => {
    const part = coordinatesOf(of, item);
    if (rule.closed) checkClosed(part, item.at);
    return part;
  });
  checkCount(shape, rule, items.length, term.at);
  return arrayValue(items);
}

function degrees(term: Term, name: string, limit: number): Value {
  const number = term.kind === "value" ? numberOf(term.value) : undefined;
  if (term.kind !== "value" || number === undefined || !(Math.abs(number) <= limit)) {
    throw new StatementFault(
      term.at,
      `A ${name} must be a number from -${limit} to ${limit}, not ${describe(term)}`,
    );
  }
  return term.value;
}

function checkCount(shape: GeoShape, rule: ShapeRule, count: number, at: number): void {
  if (count >= rule.atLeast) return;
  const wanted = rule.atLeast === 1 ? `1 ${rule.of}` : `${rule.atLeast} ${rule.of}s`;
  throw new StatementFault(at, `A ${shape} needs at least ${wanted}`);
}

function checkClosed(line: ArrayValue, at: number): void {
  const [first, last] = [line.items[0], line.items.at(-1)].map((point) =>
    point?.type === "array" ? point.items.map(numberOf) : [],
  );
  if (first?.[0] !== last?.[0] || first?.[1] !== last?.[1]) {
    throw new StatementFault(at, "A ring of a Polygon must end at the point it begins with");
  }
}
