import { isSecretName, redact, secretMember } from "./redact.ts";

/** What stands where a secret stood. */
const masked = "***";

/** A path and query whose secrets do not stand in it, whatever way their names are written. */
export function maskedUrl(url: string): string {
  const start = url.indexOf("?");
  if (start < 0) return url;
  const pairs = url
    .slice(start + 1)
    .split("&")
    .map((pair) => {
      const name = pair.split("=", 1)[0] ?? "";
      return name.length < pair.length && isSecretName(decoded(name)) ? `${name}=${masked}` : pair;
    });
  return `${url.slice(0, start)}?${pairs.join("&")}`;
}

/**
 * A JSON text or a form without its secrets. It need not be whole: of one that was cut the beginning is masked as well as all of it
 * would be. Escapes of letters (`\u0073ecret`), which a parser reads as the name, are written out.
 */
export function maskedText(text: string): string {
  if (!/^\s*[{["]/.test(text)) return redact(text);
  const plain = text.replace(/\\u00([2-7][0-9a-f])/gi, (escape, digits: string) => {
    const letter = String.fromCharCode(Number.parseInt(digits, 16));
    return /[\w-]/.test(letter) ? letter : escape;
  });
  return plain.replace(secretMember, `$1"${masked}"`);
}

function decoded(name: string): string {
  return new URLSearchParams(`${name}=`).keys().next().value ?? name;
}
