/** What the name of a secret ends with: tokens of every kind, tickets, codes, secrets and keys, signatures, passwords. */
const name =
  "(?:token|ticket|auth(?:orization)?_?code|secret(?:_?key|_?id)?|signature|sign|password)";

/** `access_token=…`, `"secret":"…"`, `x-cos-security-token: …`, in URLs, JSON and dumps of objects. */
const namedSecret = new RegExp(`(${name})(["']?\\s*[=:]\\s*["']?)[^&\\s"',;})]+`, "gi");

/** Its value is more than one word: a scheme, then the secret. */
const authorization = /(authorization["']?\s*[=:]\s*["']?)[^\n"'}]+/gi;

const wholeName = new RegExp(`${name}$|^authorization$`, "i");

/** Whether a parameter or member of this name holds what nobody else may know. */
export function isSecretName(text: string): boolean {
  return wholeName.test(text);
}

/** A member of a JSON text that is a secret, or begins as one: the value may be cut off. `$1` is all before the value. */
export const secretMember = new RegExp(
  `("(?:[^"\\\\]|\\\\.)*?(?:${name}|authorization)"\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\[^])*(?:"|\\\\?$)|[^\\s"{[,}\\]][^,}\\]\\s]*)`,
  "gi",
);

/**
 * A text that may go into the log: without values that stand behind the name of a secret, and without these.
 * @param secrets what this request is known to have brought
 */
export function redact(text: string, secrets: readonly (string | null | undefined)[] = []): string {
  let safe = text;
  for (const secret of secrets) {
    if (secret !== null && secret !== undefined && secret.length >= 4) {
      safe = safe.replaceAll(secret, "[redacted]");
    }
  }
  // Most texts are paths, and name nothing: neither pattern matches without one of these.
  if (!/[=:]/.test(safe)) return safe;
  return safe.replace(authorization, "$1[redacted]").replace(namedSecret, "$1$2[redacted]");
}

/** An error and what caused it, as one text for the log. No other property: drivers put whole requests into some. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? stack : `${stack}\ncaused by ${stackOf(error.cause)}`;
}
