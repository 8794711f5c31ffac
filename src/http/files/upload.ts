import type { FastifyReply, FastifyRequest } from "fastify";
import type { IncomingMessage } from "node:http";
import type { Access } from "../../access/access.ts";
import { newObjectId } from "../../files/object-id.ts";
import type { ObjectStore, ObjectWriter, StoredObject } from "../../files/object-store.ts";
import { decodedPath } from "../../files/url-path.ts";
import { DocferryError } from "../../job/errors.ts";
import type { FileIndex } from "../../store/file-index.ts";
import { contentTypeOf } from "./content-type.ts";
import { sendXml } from "./cos-error.ts";
import { environmentOfBucket } from "./file-id.ts";
import { endWhenIdle } from "./idle.ts";
import { boundaryOf, type FormPart, readParts } from "./multipart.ts";
import { checkTicket, type TicketForm } from "./upload-ticket.ts";
import type { UploadRoom } from "./upload-room.ts";

export interface UploadParts {
  access: Pick<Access, "hasEnvironment" | "addressKey">;
  index: FileIndex;
  objects: ObjectStore;
  uploads: UploadRoom;
  /** Unix ms. */
  clock: () => number;
}

/** Bytes of a field that is not the file. */
const fieldLimit = 64 * 1024;

/**
 * `POST /cos/<bucket>/<name>`: a form as COS takes it. Fields may come in any order and the file first, so the bytes are staged
 * as they come, and get their name when the whole form is there and its ticket holds.
 * @throws {DocferryError} `environment_not_found`, `invalid_form`, `wrong_signature`, `address_expired`, `storage_limit`, `disk_full`
 */
export async function upload(request: FastifyRequest, reply: FastifyReply, parts: UploadParts) {
  const target = targetOf(request);
  requireEnvironment(target, parts);
  const boundary = boundaryOf(request.headers["content-type"]);
  if (boundary === null) {
    throw new DocferryError("invalid_form", "The body is not multipart/form-data");
  }
  // What the path says is what the form must say.
  using room = await parts.uploads.begin(target.environment, target.path);
  await using staging = new AsyncDisposableStack();
  const form = await receiveForm(readParts(bodyOf(request.raw), boundary), {
    stage: async () => staging.use(await parts.objects.create(newObjectId())),
    mayStage: (fields) => {
      if (isWhole(ticketOf(fields))) checkUpload(fields, target, request, parts);
    },
    take: (bytes) => room.take(bytes),
  });
  // All of it has come; syncing it may take longer than a client may be silent.
  endWhenIdle(request, 0);
  const name = checkUpload(form.fields, target, request, parts);
  if (!form.writer) throw new DocferryError("invalid_form", "The form has no part named file");
  const object = await form.writer.finish();
  // It may have been removed while the bytes came, and added anew, or be shared no more; from here on the store's order holds.
  checkUpload(form.fields, target, request, parts);
  const declared = form.fields.get("content-type") ?? form.contentType;
  await parts.index.put({
    environment: target.environment,
    name,
    object,
    contentType: contentTypeOf(name, declared),
    now: parts.clock(),
  });
  room.land();
  return sendUploaded(request, reply, { target, name, object, form });
}

function requireEnvironment({ environment, bucket }: Target, { access }: UploadParts): void {
  if (!access.hasEnvironment(environment)) throw noBucket(bucket);
}

interface Target {
  bucket: string;
  environment: string;
  /** What the path says; the name that counts is the form's, which is signed. */
  path: string;
}

function targetOf(request: FastifyRequest): Target {
  const whole = decodedPath(request.url, "/cos/") ?? "";
  const slash = whole.indexOf("/");
  const bucket = slash < 0 ? whole : whole.slice(0, slash);
  const environment = environmentOfBucket(bucket);
  if (environment === null) throw noBucket(bucket);
  return { bucket, environment, path: slash < 0 ? "" : whole.slice(slash + 1) };
}

function noBucket(bucket: string): DocferryError {
  return new DocferryError("environment_not_found", `There is no bucket ${JSON.stringify(bucket)}`);
}

/**
 * The body's bytes. A client that goes in the middle is a form that ends too early, no fault of ours. What is not wanted of it is
 * read all the same: many clients send everything before they look for an answer.
 */
async function* bodyOf(request: IncomingMessage): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* request.iterator({ destroyOnReturn: false });
  } catch (error) {
    throw new DocferryError("invalid_form", "The body broke off", { cause: error });
  } finally {
    request.resume();
  }
}

interface ReceivedForm {
  /** By name in lower case; of several the first. */
  fields: Map<string, string>;
  writer: ObjectWriter | null;
  /** Of the part named file. */
  contentType: string | null;
}

/** Which part is the file is told by its name alone: libraries give a file name to every part, or to none. */
async function receiveForm(
  parts: AsyncIterable<FormPart>,
  options: {
    stage: () => Promise<ObjectWriter>;
    mayStage: (fields: Map<string, string>) => void;
    take: (bytes: number) => void;
  },
): Promise<ReceivedForm> {
  const form: ReceivedForm = { fields: new Map(), writer: null, contentType: null };
  for await (const part of parts) {
    const name = part.name.toLowerCase();
    if (name !== "file") {
      const text = await textOf(part);
      if (!form.fields.has(name)) form.fields.set(name, text);
      continue;
    }
    if (form.writer) throw new DocferryError("invalid_form", "The form has two parts named file");
    options.mayStage(form.fields);
    form.writer = await options.stage();
    form.contentType = part.contentType;
    for await (const bytes of part.bytes) {
      options.take(bytes.length);
      await form.writer.write(bytes);
    }
  }
  return form;
}

async function textOf(part: FormPart): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of part.bytes) {
    size += piece.length;
    if (size > fieldLimit) {
      throw new DocferryError("invalid_form", `A field has more than ${fieldLimit} bytes`);
    }
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces).toString();
}

function checkUpload(
  fields: Map<string, string>,
  target: Target,
  request: FastifyRequest,
  parts: UploadParts,
): string {
  requireEnvironment(target, parts);
  const { environment, path } = target;
  const { receivedAt } = request.docferry;
  const name = checkTicket(ticketOf(fields), { environment, receivedAt }, (sharedWith) =>
    parts.access.addressKey(environment, sharedWith),
  );
  // Some libraries compose the characters of a URL, not those of a field.
  if (name.normalize("NFC") === path.normalize("NFC")) return name;
  throw new DocferryError("wrong_signature", "Field key is not the file of this address");
}

function ticketOf(fields: Map<string, string>): TicketForm {
  return {
    key: fields.get("key") ?? null,
    signature: fields.get("signature") ?? null,
    token: fields.get("x-cos-security-token") ?? null,
    fileId: fields.get("x-cos-meta-fileid") ?? null,
  };
}

function isWhole(ticket: TicketForm): boolean {
  return Object.values(ticket).every((field) => field !== null);
}

function sendUploaded(
  request: FastifyRequest,
  reply: FastifyReply,
  uploaded: { target: Target; name: string; object: StoredObject; form: ReceivedForm },
) {
  const { target, name, object, form } = uploaded;
  const etag = `"${object.md5}"`;
  reply.header("etag", etag).header("x-cos-request-id", request.docferry.rid);
  const status = form.fields.get("success_action_status");
  if (status !== "201") return reply.code(status === "200" ? 200 : 204).send();
  const [path = ""] = request.url.split("?", 1);
  return sendXml(reply.code(201), "PostResponse", {
    Location: request.docferry.baseUrl + path,
    Bucket: target.bucket,
    Key: name,
    ETag: etag,
  });
}
