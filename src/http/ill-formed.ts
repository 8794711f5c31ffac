/**
 * The path of a text in a JSON value that cannot be written as UTF-8 (`fields.a[0]`), null if there is none. Not by recursion:
 * a body may be nested deeper than a call stack.
 */
export function findIllFormed(whole: unknown): string | null {
  const open: Place[] = [{ value: whole, name: "", within: null }];
  for (let place = open.pop(); place; place = open.pop()) {
    const { value } = place;
    if (typeof value === "string" && !value.isWellFormed()) return shortened(pathOf(place));
    if (typeof value !== "object" || value === null) continue;
    for (const name of Object.keys(value)) {
      open.push({ value: (value as Record<string, unknown>)[name], name, within: place });
    }
  }
  return null;
}

interface Place {
  value: unknown;
  name: string;
  within: Place | null;
}

/** Put together only where it is told: nearly all texts are well-formed. */
function pathOf(place: Place): string {
  const steps: string[] = [];
  for (let at = place; at.within; at = at.within) {
    const isFirst = at.within.within === null;
    const name = shortened(at.name.toWellFormed());
    steps.push(Array.isArray(at.within.value) ? `[${name}]` : `${isFirst ? "" : "."}${name}`);
  }
  return steps.reverse().join("");
}

function shortened(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
