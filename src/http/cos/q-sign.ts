import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { encodeSegment } from "../../files/url-path.ts";
import { DocferryError } from "../../job/errors.ts";

/** What `q-sign-algorithm=sha1&q-ak=…&…` says: the signature of COS, and of calls to the storage gateway. */
export interface QSignature {
  secretId: string;
  signTime: string;
  keyTime: string;
  /** In lower case, sorted; the same for the next. */
  headers: string[];
  parameters: string[];
  signature: Buffer;
}

/** What a signature is to cover. */
export interface QSigned {
  method: string;
  /** Decoded; several where the signer may mean one or the other. */
  paths: readonly string[];
  /** By names as they were sent, decoded. */
  parameters: ReadonlyMap<string, string>;
  /** By its name in lower case. */
  header: (name: string) => string | undefined;
}

/** Seconds that a signer's clock may be ahead. */
const allowedSkew = 300;

const names = [
  "q-sign-algorithm",
  "q-ak",
  "q-sign-time",
  "q-key-time",
  "q-header-list",
  "q-url-param-list",
  "q-signature",
];

/** @throws {DocferryError} `invalid_authorization` */
export function readQSignature(text: string): QSignature {
  const pairs = new Map<string, string>();
  for (const pair of text.split("&")) {
    const at = pair.indexOf("=");
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    if (!names.includes(name) || pairs.has(name)) throw malformed();
    pairs.set(name, value);
  }
  const [algorithm, ak, signTime, keyTime, headers, parameters, signature] = names.map(
    (name) => pairs.get(name) ?? "",
  );
  const isWhole =
    pairs.size === names.length &&
    algorithm === "sha1" &&
    /^[A-Za-z0-9_-]{1,128}$/.test(ak ?? "") &&
    [signTime, keyTime].every((time) => /^\d{1,12};\d{1,12}$/.test(time ?? "")) &&
    /^[0-9a-f]{40}$/.test(signature ?? "");
  if (!isWhole) throw malformed();
  return {
    secretId: ak ?? "",
    signTime: signTime ?? "",
    keyTime: keyTime ?? "",
    headers: listOf(headers ?? ""),
    parameters: listOf(parameters ?? ""),
    signature: Buffer.from(signature ?? "", "hex"),
  };
}

function malformed(): DocferryError {
  return new DocferryError("invalid_authorization", "The signature is not q-sign-algorithm=sha1");
}

function listOf(text: string): string[] {
  return text === "" ? [] : text.split(";");
}

/**
 * Checks the times of a signature, that every parameter is signed and these headers are, and that the key made it.
 * @param now unix ms
 * @throws {DocferryError} `signature_expired`, `invalid_authorization`, `signature_mismatch`
 */
export function checkQSignature(
  signature: QSignature,
  signed: QSigned,
  key: { secretKey: string; now: number; mustSign: readonly string[] },
): void {
  for (const time of [signature.signTime, signature.keyTime]) {
    const [from = 0, to = 0] = time.split(";").map(Number);
    const now = key.now / 1000;
    if (now < from - allowedSkew || now > to) {
      throw new DocferryError("signature_expired", "The signature does not hold at this time");
    }
  }
  const unsigned = [
    ...key.mustSign.filter((name) => !signature.headers.includes(name)),
    ...[...signed.parameters.keys()].filter(
      (name) => !signature.parameters.includes(encodeSegment(name).toLowerCase()),
    ),
  ];
  if (unsigned.length > 0) {
    throw new DocferryError(
      "invalid_authorization",
      `The signature leaves out ${unsigned.join(", ")}`,
    );
  }
  if (!signed.paths.some((path) => isSignatureOf(signature, signed, path, key.secretKey))) {
    throw new DocferryError("signature_mismatch", "The signature is not this key's");
  }
}

function isSignatureOf(
  signature: QSignature,
  { method, parameters, ...signed }: QSigned,
  path: string,
  secretKey: string,
): boolean {
  const byLowerName = new Map(
    [...parameters].map(([name, value]) => [encodeSegment(name).toLowerCase(), value]),
  );
  const text = [
    method.toLowerCase(),
    path,
    pairsOf(signature.parameters, (name) => byLowerName.get(name)),
    pairsOf(signature.headers, (name) => signed.header(name)),
    "",
  ].join("\n");
  const signKey = createHmac("sha1", secretKey).update(signature.keyTime).digest("hex");
  const digest = createHash("sha1").update(text).digest("hex");
  const expected = createHmac("sha1", signKey)
    .update(`sha1\n${signature.signTime}\n${digest}\n`)
    .digest();
  return timingSafeEqual(expected, signature.signature);
}

/** What is signed and not there is signed as nothing, as the client's own library has it. */
function pairsOf(list: readonly string[], valueOf: (name: string) => string | undefined): string {
  return list.map((name) => `${name}=${encodeSegment(valueOf(name) ?? "")}`).join("&");
}
