/** What a CSV has between its cells and around those that need it, as bytes of ASCII. */
export interface Dialect {
  separator: number;
  quote: number;
}

/** The dialect of a spec: a comma and a quote where it says nothing else. */
export function dialectOf(spec: {
  separator?: string | undefined;
  quote?: string | undefined;
}): Dialect {
  const { separator = ",", quote = '"' } = spec;
  return { separator: separator.charCodeAt(0), quote: quote.charCodeAt(0) };
}

/** Why these cannot be a dialect, or null: each is one character of ASCII from which a cell's text can be told. */
export function dialectFault(spec: {
  separator?: string | undefined;
  quote?: string | undefined;
}): string | null {
  const { separator = ",", quote = '"' } = spec;
  if (!/^[\t\x20-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]$/.test(separator)) {
    return `A separator is one character of ASCII, no letter and no digit, not ${JSON.stringify(separator)}`;
  }
  if (!/^[\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]$/.test(quote)) {
    return `A quote is one character of ASCII, no letter, no digit and no blank, not ${JSON.stringify(quote)}`;
  }
  return separator === quote ? `Separator and quote are both ${JSON.stringify(quote)}` : null;
}
