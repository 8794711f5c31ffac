/** HTML that is safe to send: whatever came from outside is escaped in it. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A template whose values are escaped, but for those that are HTML already; lists are joined. */
export function markup(
  parts: TemplateStringsArray,
  ...values: (string | Markup | Markup[])[]
): Markup {
  const text = parts.map((part, i) => (i < values.length ? part + safe(values[i] ?? "") : part));
  return new Markup(text.join(""));
}

function safe(value: string | Markup | Markup[]): string {
  if (Array.isArray(value)) return value.map(({ text }) => text).join("");
  if (value instanceof Markup) return value.text;
  return value.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
