import { encodeSegment } from "../../files/url-path.ts";

const byExtension: Record<string, string> = {
  bson: "application/bson",
  bmp: "image/bmp",
  css: "text/css; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  gif: "image/gif",
  gz: "application/gzip",
  htm: "text/html; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/vnd.microsoft.icon",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  jsonl: "application/x-ndjson",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  ndjson: "application/x-ndjson",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  tar: "application/x-tar",
  tsv: "text/tab-separated-values; charset=utf-8",
  txt: "text/plain; charset=utf-8",
  wav: "audio/wav",
  webp: "image/webp",
  xls: "application/vnd.ms-excel",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  xml: "application/xml",
  zip: "application/zip",
  zst: "application/zstd",
};

/**
 * The type that a file is stored with: what its sender says, unless that is nothing or the one that libraries give to
 * everything; then by the name.
 */
export function contentTypeOf(name: string, declared: string | null): string {
  const said = declared !== null && isContentType(declared) ? declared : null;
  if (said !== null && !/^application\/(octet-stream|x-www-form-urlencoded)\b/i.test(said)) {
    return said;
  }
  const extension = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(byExtension, extension)
    ? (byExtension[extension] ?? "application/octet-stream")
    : "application/octet-stream";
}

/** It will stand in a header. */
function isContentType(text: string): boolean {
  return text.length <= 200 && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?$/.test(text);
}

/** `Content-Disposition` that saves a file under the last part of its name (RFC 6266): old clients get an ASCII form of it. */
export function attachmentOf(name: string): string {
  const last = name.split("/").findLast((segment) => segment !== "") ?? "file";
  const ascii = last.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeSegment(last)}`;
}
