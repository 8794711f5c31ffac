import { type TObject, type TSchema, Type } from "typebox";
import { DocferryError } from "../../job/errors.ts";

/** The two parameters of every list. */
export const pageParameters = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 100,
      description: "Items of one page at most",
    }),
  ),
  cursor: Type.Optional(
    Type.String({ description: "The nextCursor of the page before; none: the first page" }),
  ),
};

/** A page as all lists answer it. */
export function pageOf(title: string, items: TSchema): TObject {
  return Type.Object(
    {
      items: Type.Array(items),
      nextCursor: Type.Union([Type.String(), Type.Null()], {
        description: "What to give as cursor for the next page; null: this is the last one",
      }),
    },
    { title, additionalProperties: false },
  );
}

/**
 * One page of what a list gave for `limit + 1` items.
 * @param placeOf where an item stands in the list's order
 */
export function page<T, V>(
  kind: string,
  found: readonly T[],
  limit: number,
  options: { placeOf: (item: T) => string; view: (item: T) => V },
): { items: V[]; nextCursor: string | null } {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const isLast = found.length <= limit || last === undefined;
  return {
    items: items.map(options.view),
    nextCursor: isLast ? null : cursorOf(kind, options.placeOf(last)),
  };
}

/**
 * The place behind which the page begins, null for the first page.
 * @param pattern what places in this list look like
 * @throws {DocferryError} `invalid_argument` for a cursor that is not one of this list's
 */
export function placeOf(kind: string, cursor: string | undefined, pattern: RegExp): string | null {
  if (cursor === undefined) return null;
  const text = Buffer.from(cursor, "base64url").toString();
  // Made up ones decode to something too: only what encodes to the same is one that we gave.
  const place = text.slice(kind.length + 1);
  if (cursorOf(kind, place) === cursor && pattern.test(place)) return place;
  const shown = cursor.length <= 100 ? cursor : `${cursor.slice(0, 100)}…`;
  throw new DocferryError(
    "invalid_argument",
    `cursor ${JSON.stringify(shown)} is not one that this list gave`,
  );
}

function cursorOf(kind: string, place: string): string {
  return Buffer.from(`${kind}:${place}`).toString("base64url");
}
