import assert from "node:assert/strict";
import { bucketOf } from "../../src/http/files/file-id.ts";
import { cosHeaders, type CosSigning } from "./cos.ts";
import { openFileApp } from "./file-app.ts";

export type CosAsk = Awaited<ReturnType<typeof openCosApp>>["ask"];

/** The test app with a Cloud API key of `mine`, and requests to buckets that are signed with it. */
export async function openCosApp() {
  const opened = await openFileApp();
  const key = await opened.access.addCloudKey(opened.accounts.mine.appId);
  const ask = (
    method: string,
    name: string,
    options: {
      query?: Record<string, string>;
      body?: string | Uint8Array;
      signing?: Partial<CosSigning>;
      headers?: Record<string, string>;
      environment?: string;
      change?: (headers: Record<string, string>) => Record<string, string>;
    } = {},
  ) => {
    const { query = {}, signing = {}, headers = {}, environment = "mine-1", body } = options;
    const host = `${bucketOf(environment)}.cos.ap-shanghai.tencentcos.cn`;
    const full = { ...key, now: opened.clock.now, host, ...signing };
    const path = name.split("/").map(encodeURIComponent).join("/");
    const search = new URLSearchParams(query).toString();
    const signed = cosHeaders(method, name, query, full, headers);
    return opened.send(method, `/${path}${search && `?${search}`}`, {
      headers: options.change?.(signed) ?? signed,
      ...(body !== undefined && { body: Buffer.from(body) }),
    });
  };
  return { ...opened, key, ask };
}

/** The id of a new upload in parts. */
export async function startedUpload(ask: CosAsk, name: string): Promise<string> {
  const answer = await ask("POST", name, { query: { uploads: "" } });
  const [, id] = /<UploadId>([0-9a-f]{32})<\/UploadId>/.exec(answer.body.toString()) ?? [];
  return id ?? assert.fail(answer.body.toString());
}

export function partsXml(parts: readonly [number, string][]): string {
  const each = parts.map(
    ([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`,
  );
  return `<CompleteMultipartUpload>${each.join("")}</CompleteMultipartUpload>`;
}
