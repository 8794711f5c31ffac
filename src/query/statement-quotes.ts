/**
 * The source with escaped quotes outside of strings (`db.collection(\'geo\')`) made plain ones, or undefined where there are
 * none or it is not clear what they enclose. Offsets stay: the backslash's place is taken by a blank outside of the string.
 * Sound for a source that does not parse as it is: outside of strings a backslash can begin nothing but `\u` in a name, so no
 * text that means something else is touched.
 */
export function plainQuotes(source: string): string | undefined {
  let plain = "";
  let at = 0;
  let found = false;
  while (at < source.length) {
    const char = source[at]!;
    if (char === "\\" && isQuote(source[at + 1])) {
      const end = escapedEnd(source, at);
      if (end === undefined) return undefined;
      const quote = source[at + 1]!;
      plain += ` ${quote}${source.slice(at + 2, end)}${quote} `;
      at = end + 2;
      found = true;
    } else if (isQuote(char)) {
      const end = plainEnd(source, at);
      plain += source.slice(at, end);
      at = end;
    } else {
      plain += char;
      at++;
    }
  }
  return found ? plain : undefined;
}

/** Position of the backslash of the `\'` that ends the string which the `\'` at `start` began. */
function escapedEnd(source: string, start: number): number | undefined {
  const quote = source[start + 1]!;
  for (let at = start + 2; at < source.length; at++) {
    const char = source[at];
    if (char === quote || char === "\n") return undefined;
    if (char !== "\\") continue;
    if (source[at + 1] === quote) return at;
    at++;
  }
  return undefined;
}

/** Position after the string that begins at `start`, or the end of the source. */
function plainEnd(source: string, start: number): number {
  const quote = source[start];
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === quote) return at + 1;
  }
  return source.length;
}

function isQuote(char: string | undefined): boolean {
  return char === "'" || char === '"';
}
