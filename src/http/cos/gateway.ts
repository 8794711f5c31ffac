import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import type { Logger } from "pino";
import type { Access } from "../../access/access.ts";
import { requireCall } from "../../access/call-rules.ts";
import { accountOf, type Caller } from "../../access/caller.ts";
import { checkFileName, hiddenPrefix } from "../../files/file-name.ts";
import { downloadAddress } from "../../files/signed-url.ts";
import { DocferryError } from "../../job/errors.ts";
import type { FileIndex } from "../../store/file-index.ts";
import { onlyHeader } from "../cloud-api/authenticate.ts";
import { cloudError } from "../cloud-api/errors.ts";
import { parseFileId } from "../files/file-id.ts";
import { issueTicket } from "../files/upload-ticket.ts";
import { type JsonObject, parseJsonObject, readBody } from "../json-body.ts";
import { noteCaller } from "../request-context.ts";
import { logError } from "../request-log.ts";
import { keepFailure } from "../request-recorder.ts";
import { compileFields } from "../wechat/fields.ts";
import type { CosAccess } from "./authorize.ts";
import { checkQSignature, readQSignature } from "./q-sign.ts";

export interface GatewayParts {
  access: CosAccess & Pick<Access, "addressKeyFor">;
  index: Pick<FileIndex, "get" | "remove">;
  logger: Logger;
}

/** Items of one call. */
const itemLimit = 50;

const callSchema = Type.Object({
  envName: Type.String({ minLength: 1 }),
  action: Type.String({ minLength: 1 }),
  authorization: Type.String({ minLength: 1 }),
  sessionToken: Type.Optional(Type.String()),
});

const callFields = compileFields(callSchema);

/**
 * `POST /admin` of `tcb-api.tencentcloudapi.com`: what the vendor's client asks about files before it turns to COS. The body is
 * what is signed, together with some headers; the signature stands in the body. HTTP 200 whatever happens.
 */
export function storageGateway(app: FastifyInstance, parts: GatewayParts): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _body, done) => done(null));
    scope.setErrorHandler((error, request, reply) => {
      logError(parts.logger, request.docferry, error);
      const { Code: code, Message: message } = cloudError(error);
      const text = JSON.stringify({ code, message, requestId: request.docferry.rid });
      keepFailure(request.docferry, text);
      return send(reply, text);
    });
    scope.post("/admin", async (request, reply) => {
      const body = parseJsonObject(await readBody(request.docferry));
      const data = await answerCall(request, body, parts);
      return send(reply, JSON.stringify({ requestId: request.docferry.rid, data }));
    });
  });
}

function send(reply: FastifyReply, text: string) {
  return reply.code(200).header("content-type", "application/json; charset=utf-8").send(text);
}

async function answerCall(
  request: FastifyRequest,
  body: JsonObject,
  parts: GatewayParts,
): Promise<JsonObject> {
  const fields = callFields(body);
  const caller = authorize(request, body, fields, parts.access);
  const action = Object.hasOwn(actions, fields.action) ? actions[fields.action] : undefined;
  if (!action) {
    throw new DocferryError(
      "unknown_action",
      `There is no action ${JSON.stringify(fields.action.slice(0, 100))}`,
    );
  }
  const { baseUrl, receivedAt: now } = request.docferry;
  return action(body, { ...parts, caller, environment: fields.envName, baseUrl, now });
}

function authorize(
  request: FastifyRequest,
  body: JsonObject,
  fields: Static<typeof callSchema>,
  access: CosAccess,
): Caller {
  const { authorization, sessionToken = "", envName } = fields;
  const signature = readQSignature(authorization);
  const { caller, secretKey } = access.signer({
    secretId: signature.secretId,
    token: sessionToken === "" ? null : sessionToken,
  });
  const signed = Object.entries(body).filter(
    ([name]) => name !== "authorization" && name !== "sessionToken",
  );
  const parameters = new Map(
    signed.map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value ?? ""),
    ]),
  );
  checkQSignature(
    signature,
    {
      method: request.method,
      paths: ["/admin"],
      parameters,
      header: (name) => onlyHeader(request.raw, name),
    },
    { secretKey, now: request.docferry.receivedAt, mustSign: [] },
  );
  noteCaller(request.docferry, caller);
  access.requireAddress(accountOf(caller), request.docferry.client);
  access.limits.admit("account", accountOf(caller));
  requireCall(caller, "cloudbase");
  access.requireEnvironment(caller, envName);
  access.limits.admit("environment", envName);
  return caller;
}

interface GatewayContext extends GatewayParts {
  caller: Caller;
  environment: string;
  baseUrl: string;
  /** Unix ms. */
  now: number;
}

type GatewayAction = (body: JsonObject, context: GatewayContext) => Promise<JsonObject>;

const actions: Readonly<Record<string, GatewayAction>> = {
  "storage.getUploadMetadata": uploadMetadata,
  "storage.batchGetDownloadUrl": downloadUrls,
  "storage.batchDeleteFile": removeFiles,
};

const metadataFields = compileFields(Type.Object({ path: Type.String({ minLength: 1 }) }));

/** What goes with an upload: the client hands on the file id alone, and signs the upload with its key. */
async function uploadMetadata(body: JsonObject, context: GatewayContext): Promise<JsonObject> {
  const name = checkFileName(metadataFields(body).path);
  const {
    file_id: fileId,
    cos_file_id: cosFileId,
    ...ticket
  } = issueTicket(
    { ...context, name },
    context.access.addressKeyFor(context.caller, context.environment),
  );
  return { ...ticket, fileId, cosFileId };
}

const downloadFields = compileFields(
  Type.Object({
    file_list: Type.Array(
      Type.Object({
        fileid: Type.String({ minLength: 1 }),
        max_age: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }),
      }),
      { maxItems: itemLimit },
    ),
  }),
);

async function downloadUrls(body: JsonObject, context: GatewayContext): Promise<JsonObject> {
  const { environment, index, baseUrl, now, access, caller } = context;
  const { key, sharedWith } = access.addressKeyFor(caller, environment);
  const list = downloadFields(body).file_list.map(async ({ fileid, max_age }) => {
    const name = nameIn(environment, fileid);
    const found = name !== null && (await index.get(environment, name)) !== undefined;
    const expiresAt = Math.floor(now / 1000) + max_age;
    const download = { environment, name: name ?? "", expiresAt, saveAs: null, sharedWith };
    return {
      fileid,
      fileID: fileid,
      download_url: found ? downloadAddress(baseUrl, download, key) : "",
      ...outcome(found),
    };
  });
  return { download_list: await Promise.all(list) };
}

const removeFields = compileFields(
  Type.Object({ fileid_list: Type.Array(Type.String({ minLength: 1 }), { maxItems: itemLimit }) }),
);

async function removeFiles(
  body: JsonObject,
  { environment, index }: GatewayContext,
): Promise<JsonObject> {
  const list = removeFields(body).fileid_list.map(async (fileid) => {
    const name = nameIn(environment, fileid);
    // What docferry keeps for a job can be read like any file, and goes with its job.
    const removable = name !== null && !name.startsWith(hiddenPrefix);
    const removed = removable && (await index.remove(environment, name));
    return { fileid, fileID: fileid, ...outcome(removed) };
  });
  return { delete_list: await Promise.all(list) };
}

/** null for what is no file of this environment. */
function nameIn(environment: string, fileid: string): string | null {
  const parsed = parseFileId(fileid);
  return parsed?.environment === environment ? parsed.name : null;
}

function outcome(found: boolean): { code: string } {
  return { code: found ? "SUCCESS" : "STORAGE_FILE_NONEXIST" };
}
