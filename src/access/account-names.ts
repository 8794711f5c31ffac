import { DocferryError } from "../job/errors.ts";

type Random = (length: number) => Uint8Array;

/** Names and secrets as the vendor's look, so that clients which check them are content. */
export function randomAppId(random: Random): string {
  return `wx${hex(random, 8)}`;
}

export function randomSecret(random: Random): string {
  return hex(random, 16);
}

export function randomEnvironmentId(random: Random): string {
  return `docferry-${hex(random, 3)}`;
}

export function randomSecretId(random: Random): string {
  return `AKID${alphanumeric(random, 32)}`;
}

export function randomSecretKey(random: Random): string {
  return alphanumeric(random, 32);
}

/** An app's id, and that of a Cloud API key. @throws {DocferryError} `invalid_argument` */
export function checkId(what: string, id: string): string {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(id)) {
    throw new DocferryError(
      "invalid_argument",
      `${what} ${JSON.stringify(id)} is not 1 to 128 letters, digits, _ or -`,
    );
  }
  return id;
}

/** No dot, because a file id ends its environment with one. @throws {DocferryError} `invalid_argument` */
export function checkEnvironmentId(id: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(id)) {
    throw new DocferryError(
      "invalid_argument",
      `Environment ${JSON.stringify(id)} is not 1 to 64 letters, digits, _ or -, beginning with a letter or digit`,
    );
  }
  return id;
}

/** Tells nothing of the secret but what is wrong. @throws {DocferryError} `invalid_argument` */
export function checkSecret(what: string, secret: string): string {
  if (secret === "" || secret.length > 256 || !/^[\x21-\x7e]+$/.test(secret)) {
    throw new DocferryError(
      "invalid_argument",
      `${what} is not 1 to 256 printable ASCII characters without blanks`,
    );
  }
  return secret;
}

function hex(random: Random, length: number): string {
  return Buffer.from(random(length)).toString("hex");
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Bytes from 248 on are passed over: with them the first letters would come more often. */
function alphanumeric(random: Random, length: number): string {
  let text = "";
  while (text.length < length) {
    for (const byte of random(length)) {
      if (byte < 248 && text.length < length) text += letters[byte % 62];
    }
  }
  return text;
}
