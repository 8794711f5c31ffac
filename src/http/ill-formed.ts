/**
 * The path of a text in a JSON value that cannot be written as UTF-8 (`fields.a[0]`), null if there is none. Not by recursion:
 * a body may be nested deeper than a call stack.
 */
export function findIllFormed(whole: unknown): string | null {
  const open: { value: unknown; path: string }[] = [{ value: whole, path: "" }];
  for (let place = open.pop(); place; place = open.pop()) {
    const { value, path } = place;
    if (typeof value === "string" && !value.isWellFormed()) return shortened(path);
    if (typeof value !== "object" || value === null) continue;
    const isList = Array.isArray(value);
    for (const [name, item] of Object.entries(value)) {
      open.push({ value: item, path: isList ? `${path}[${name}]` : inside(path, name) });
    }
  }
  return null;
}

function inside(path: string, name: string): string {
  const shown = shortened(name.toWellFormed());
  return path === "" ? shown : `${path}.${shown}`;
}

function shortened(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
