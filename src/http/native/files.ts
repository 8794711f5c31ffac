import { type Static, Type } from "typebox";
import { checkFileName, hiddenPrefix } from "../../files/file-name.ts";
import type { ObjectStore } from "../../files/object-store.ts";
import { decodedPath } from "../../files/url-path.ts";
import { DocferryError } from "../../job/errors.ts";
import { type FileEntry, type FileIndex, meetsCondition } from "../../store/file-index.ts";
import { page, pageOf, pageParameters, placeOf } from "../api/cursor.ts";
import { apiRoute, type ApiRoute, type RouteAnswer } from "../api/route.ts";
import { givenContentType } from "../api/surface.ts";
import { contentTypeOf } from "../files/content-type.ts";
import { receiveObject } from "../files/receive-object.ts";
import type { UploadRoom } from "../files/upload-room.ts";
import { sendNamedFile } from "../files/send-file.ts";
import { visibleFiles } from "../files/visible-files.ts";
import { conditionOf } from "./file-condition.ts";
import { environmentParameter, fileSchema } from "./schemas.ts";

export interface NativeFileParts {
  index: FileIndex;
  objects: ObjectStore;
  uploads: UploadRoom;
  /** Unix ms. */
  clock: () => number;
}

const path = "/v1/environments/{env}/files/{path}";

const parameters = {
  env: environmentParameter,
  path: Type.String({
    minLength: 1,
    description:
      "Name of the file: 1 to 512 bytes of UTF-8; slashes may stand as they are, or percent-encoded",
  }),
};

const etag = { etag: "The content's MD5 in quotes" };

const changeHeaders = {
  "if-match": Type.String({
    description: "ETags one of which the file must have; *: it must be there",
  }),
  "if-none-match": Type.String({
    description: "ETags none of which the file may have; *: it must not be there",
  }),
};

const downloadHeaders = {
  range: Type.String({ description: "bytes=FROM-TO: a part of it" }),
  "if-range": Type.String({ description: "An ETag or a date: the range is of this file only" }),
  "if-match": Type.String({ description: "Only if the file has one of these ETags" }),
  "if-none-match": Type.String({ description: "Only if the file has none of these ETags" }),
  "if-modified-since": Type.String({ description: "Only if it has changed since" }),
  "if-unmodified-since": Type.String({ description: "Only if it has not changed since" }),
};

/** Files by their names: streamed both ways. */
export function fileRoutes(parts: NativeFileParts): ApiRoute[] {
  return [listFiles(parts), putFile(parts), getFile(parts), headFile(parts), removeFile(parts)];
}

function listFiles({ index }: NativeFileParts): ApiRoute {
  return apiRoute({
    method: "GET",
    path: "/v1/environments/{env}/files",
    operationId: "listFiles",
    tag: "files",
    summary: "List files in order of their names",
    description: `What docferry keeps for jobs is listed only with a prefix that begins with ${hiddenPrefix}`,
    access: "environment",
    parameters: { env: environmentParameter },
    query: Type.Object(
      {
        prefix: Type.Optional(Type.String({ description: "Only names that begin so" })),
        ...pageParameters,
      },
      { additionalProperties: false },
    ),
    answers: {
      200: {
        description: "A page of files",
        content: { "application/json": pageOf("FilePage", fileSchema) },
      },
    },
    async answer({ environment, query }) {
      const { prefix = "", limit = 100, cursor } = query;
      const after = placeOf("file", cursor, /^[^]+$/);
      const found = await visibleFiles(index, { environment, prefix, after, limit: limit + 1 });
      return {
        status: 200,
        json: page("file", found, limit, { placeOf: ({ name }) => name, view: fileView }),
      };
    },
  });
}

function putFile({ index, objects, uploads, clock }: NativeFileParts): ApiRoute {
  const stored = { content: { "application/json": fileSchema }, headers: etag };
  return apiRoute({
    method: "PUT",
    path,
    operationId: "putFile",
    tag: "files",
    summary: "Store a file",
    description:
      "The bytes are streamed, of any number. The name points to the new content only once all of it is on the disk.",
    access: "environment",
    parameters,
    headers: {
      ...changeHeaders,
      "content-md5": Type.String({
        description: "Base64 MD5 of the content: another content is refused",
      }),
    },
    body: { bytes: "The content; its Content-Type is kept" },
    answers: {
      200: { description: "Another file had the name and is replaced", ...stored },
      201: { description: "A new file", ...stored },
    },
    errors: [
      "invalid_file_name",
      "precondition_failed",
      "invalid_body",
      "storage_limit",
      "disk_full",
    ],
    async answer({ request, environment, requireStanding }) {
      const name = checkFileName(nameIn(request.url));
      const condition = conditionOf(request.headers);
      const before = await index.get(environment, name);
      // Not worth the bytes; whether it still holds when they are there, the store decides.
      if (!meetsCondition(condition, before?.md5)) {
        throw new DocferryError("precondition_failed", `File ${name} is not as it was asked for`);
      }
      using room = await uploads.begin(environment, name);
      const object = await receiveObject(request, { objects, room });
      const contentType = contentTypeOf(name, givenContentType(request));
      const now = clock();
      requireStanding();
      const entry = await index.put({ environment, name, object, contentType, now, condition });
      room.land();
      return {
        status: before ? 200 : 201,
        json: fileView(entry),
        headers: { etag: `"${entry.md5}"` },
      };
    },
  });
}

const downloadAnswers: Record<number, RouteAnswer> = {
  200: {
    description: "The file",
    content: { "*/*": "binary" },
    headers: { ...etag, "last-modified": "When it was stored", "accept-ranges": "bytes" },
  },
  206: {
    description: "The range that was asked for",
    content: { "*/*": "binary" },
    headers: { ...etag, "content-range": "Which bytes, of how many" },
  },
  304: { description: "The client has this content already", headers: etag },
};

function getFile(parts: NativeFileParts): ApiRoute {
  return apiRoute({
    method: "GET",
    path,
    operationId: "getFile",
    tag: "files",
    summary: "Get a file, or a range of it",
    access: "environment",
    parameters,
    headers: downloadHeaders,
    answers: downloadAnswers,
    errors: ["file_not_found", "object_not_found", "precondition_failed", "range_not_satisfiable"],
    answer: (call) => answerWithFile(call, parts),
  });
}

function headFile(parts: NativeFileParts): ApiRoute {
  const withoutBody = Object.entries(downloadAnswers).map(
    ([status, { description, headers }]) => [status, { description, headers }] as const,
  );
  return apiRoute({
    method: "HEAD",
    path,
    operationId: "headFile",
    tag: "files",
    summary: "Look at a file: its size, type and ETag",
    access: "environment",
    parameters,
    headers: downloadHeaders,
    answers: Object.fromEntries(withoutBody) as Record<number, RouteAnswer>,
    errors: ["file_not_found", "precondition_failed", "range_not_satisfiable"],
    answer: (call) => answerWithFile(call, parts),
  });
}

function removeFile({ index }: NativeFileParts): ApiRoute {
  return apiRoute({
    method: "DELETE",
    path,
    operationId: "removeFile",
    tag: "files",
    summary: "Remove a file",
    description: "A job that imports it goes on: it has its own hold on the content.",
    access: "environment",
    parameters,
    headers: changeHeaders,
    answers: { 204: { description: "It is gone" } },
    errors: ["invalid_file_name", "file_not_found", "precondition_failed"],
    async answer({ request, environment }) {
      const name = checkFileName(nameIn(request.url));
      if (await index.remove(environment, name, conditionOf(request.headers))) {
        return { status: 204 };
      }
      throw new DocferryError("file_not_found", `No file ${name}`);
    },
  });
}

async function answerWithFile(
  {
    request,
    reply,
    environment,
  }: Pick<Parameters<ApiRoute["answer"]>[0], "request" | "reply" | "environment">,
  parts: NativeFileParts,
) {
  const file = { environment, name: nameIn(request.url), saveAs: null };
  await sendNamedFile(request, reply, file, parts);
  return "sent" as const;
}

/** A file as all answers show it. */
function fileView({
  name,
  size,
  md5,
  contentType,
  modifiedAt,
}: FileEntry): Static<typeof fileSchema> {
  return { name, size, md5, contentType, modified: new Date(modifiedAt).toISOString() };
}

function nameIn(url: string): string {
  const [prefix = ""] = /^\/v1\/environments\/[^/]*\/files\//.exec(url) ?? [];
  return decodedPath(url, prefix) ?? "";
}
