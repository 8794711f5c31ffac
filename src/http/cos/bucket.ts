import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { encodeSegment } from "../../files/url-path.ts";
import { checkFileName } from "../../files/file-name.ts";
import { DocferryError } from "../../job/errors.ts";
import { listBucket } from "../files/list-bucket.ts";
import { cosFault, sendXml } from "../files/cos-error.ts";
import { readBody } from "../json-body.ts";
import type { CosTarget } from "./authorize.ts";
import type { CosParts } from "./routes.ts";

/** Keys of one call, as COS has it. */
const mostKeys = 1000;

/** With any other it is not a list that is asked for. */
const listParameters = new Set(["prefix", "delimiter", "marker", "max-keys", "encoding-type"]);

/** `GET /?prefix=…&delimiter=…&marker=…&max-keys=…`: names in order of their bytes. */
export async function listObjects(
  _request: FastifyRequest,
  reply: FastifyReply,
  { environment, bucket, parameters }: CosTarget,
  { index }: CosParts,
) {
  const other = [...parameters.keys()].find((name) => !listParameters.has(name));
  if (other !== undefined) {
    throw new DocferryError("unknown_path", `${other} of a bucket is not answered`);
  }
  const text = (name: string) => parameters.get(name) ?? "";
  const maxKeys = text("max-keys") === "" ? mostKeys : countIn(text("max-keys"));
  const [prefix, delimiter, marker] = [text("prefix"), text("delimiter"), text("marker")];
  const page = await listBucket(index, environment, { prefix, delimiter, marker, most: maxKeys });
  // Names may have characters that XML has not.
  const isUrl = text("encoding-type") === "url";
  const named = (name: string) => (isUrl ? encodeSegment(name) : name);
  return sendXml(reply.code(200), "ListBucketResult", {
    Name: bucket,
    Prefix: named(prefix),
    Marker: named(marker),
    MaxKeys: String(maxKeys),
    ...(delimiter !== "" && { Delimiter: named(delimiter) }),
    ...(isUrl && { EncodingType: "url" }),
    IsTruncated: String(page.end !== null),
    ...(page.end !== null && { NextMarker: named(page.end) }),
    Contents: page.files.map(({ name, modifiedAt, md5, size }) => ({
      Key: named(name),
      LastModified: new Date(modifiedAt).toISOString(),
      ETag: `"${md5}"`,
      Size: String(size),
      StorageClass: "STANDARD",
    })),
    CommonPrefixes: page.prefixes.map((one) => ({ Prefix: named(one) })),
  });
}

/** @throws {DocferryError} `invalid_argument` */
function countIn(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), mostKeys);
  throw new DocferryError("invalid_argument", "max-keys is not a number");
}

/** `POST /?delete`: each name by itself; one that is not there is gone. */
export async function deleteObjects(
  request: FastifyRequest,
  reply: FastifyReply,
  { environment }: CosTarget,
  { index }: CosParts,
) {
  const body = await readBody(request.docferry);
  // The signature covers what is to be removed by this header alone.
  const digest = createHash("md5").update(body).digest("base64");
  if (request.headers["content-md5"] !== digest) {
    throw new DocferryError(
      "invalid_body",
      `The body has MD5 ${digest}, not what Content-MD5 says`,
    );
  }
  const { keys, quiet } = listedKeys(body.toString());
  const outcomes = await Promise.all(
    keys.map(async (key) => {
      try {
        await index.remove(environment, checkFileName(key));
        return { key, fault: null };
      } catch (error) {
        return { key, fault: cosFault(error) };
      }
    }),
  );
  return sendXml(reply.code(200), "DeleteResult", {
    Deleted: outcomes.filter(({ fault }) => !fault && !quiet).map(({ key }) => ({ Key: key })),
    Error: outcomes.flatMap(({ key, fault }) =>
      fault ? [{ Key: key, Code: fault.code, Message: fault.message }] : [],
    ),
  });
}

/**
 * What `<Delete>` lists.
 * @throws {DocferryError} `invalid_body`
 */
function listedKeys(xml: string): { keys: string[]; quiet: boolean } {
  const keys = [...xml.matchAll(/<Object>\s*<Key>([^<]*)<\/Key>[^]*?<\/Object>/g)].map(
    ([, key = ""]) => unescaped(key),
  );
  if (keys.length >= 1 && keys.length <= mostKeys) {
    return { keys, quiet: /<Quiet>\s*true\s*<\/Quiet>/.test(xml) };
  }
  throw new DocferryError("invalid_body", `The body does not list 1 to ${mostKeys} keys`);
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** @throws {DocferryError} `invalid_body` for what stands for no character */
function unescaped(text: string): string {
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|\w{1,8})?;?/g, (whole, name: string = "") => {
    const code = name.startsWith("#x") ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    if (whole.endsWith(";") && name.startsWith("#") && code <= 0x10ffff) {
      return String.fromCodePoint(code);
    }
    const character = whole.endsWith(";") ? entities[name] : undefined;
    if (character !== undefined) return character;
    throw new DocferryError("invalid_body", `${whole} stands for no character`);
  });
}
