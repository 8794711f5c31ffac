import type { TSchema } from "typebox";

/** Schemas that have a title become components, which generated clients name their types after. */
export class Components {
  readonly schemas: Record<string, unknown> = {};

  /** The schema as it stands in the document: a reference where it has a title, with what stands in it referred to as well. */
  refer(schema: TSchema): unknown {
    return this.#refer(schema);
  }

  #refer(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#refer(item));
    if (typeof value !== "object" || value === null) return value;
    const { title } = value as { title?: unknown };
    const inner = () =>
      Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.#refer(item)]));
    if (typeof title !== "string") return inner();
    if (!Object.hasOwn(this.schemas, title)) {
      // Its place is taken first, so that components stand in the order in which they are met.
      this.schemas[title] = null;
      this.schemas[title] = inner();
    }
    return { $ref: `#/components/schemas/${title}` };
  }
}
