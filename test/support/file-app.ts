import { request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DiskObjectStore } from "../../src/files/disk/disk-object-store.ts";
import type { AppParts } from "../../src/http/app.ts";
import { temporaryFolder } from "./accounts.ts";
import { openFilesBelow } from "./open-files.ts";
import { openTestApp, type WireAnswer } from "./wechat.ts";

/** A ticket as `/tcb/uploadfile` answers it. */
export interface Ticket {
  url: string;
  token: string;
  authorization: string;
  file_id: string;
  cos_file_id: string;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** The test app on a port of its own, with what a client needs to move files. */
export async function openFileApp(changes: Partial<AppParts> = {}) {
  const folder = await temporaryFolder();
  const objects = await DiskObjectStore.open(join(folder.path, "objects"));
  const opened = await openTestApp({ objects, ...changes });
  const { app, ask } = opened;
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;

  /** Sent to the port, whatever host the URL names; its path goes out as it stands. */
  async function send(
    method: string,
    url: string,
    options: {
      headers?: Record<string, string>;
      body?: Uint8Array | AsyncIterable<Uint8Array>;
    } = {},
  ): Promise<Answer> {
    const path = url.replace(/^https?:\/\/[^/]*/, "");
    return new Promise((resolve, reject) => {
      const { headers = {}, body } = options;
      const outgoing = httpRequest({
        host: "127.0.0.1",
        port,
        method,
        path,
        headers,
        agent: false,
      });
      outgoing.on("error", reject);
      outgoing.on("response", (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(pieces),
          }),
        );
      });
      if (body === undefined || body instanceof Uint8Array) outgoing.end(body);
      else void pour(body, outgoing, reject);
    });
  }

  /** What a client of the injected calls gets has `localhost` as its host: the path is what counts. */
  async function ticket(path: string): Promise<Ticket> {
    const answer = await ask("/tcb/uploadfile", { env: "mine-1", path });
    if (answer.errcode !== 0) throw new Error(answer.errmsg);
    return answer as unknown as Ticket;
  }

  async function post(url: string, fields: readonly Field[]): Promise<Answer> {
    return send("POST", url, formOf(fields));
  }

  /** Stores a file as a client does. */
  async function put(path: string, content: Uint8Array | string): Promise<Answer> {
    const issued = await ticket(path);
    return post(issued.url, fieldsOf(issued, path, content));
  }

  async function addressOf(path: string, maxAge?: number): Promise<string> {
    const { file_list } = (await ask("/tcb/batchdownloadfile", {
      env: "mine-1",
      file_list: [
        {
          fileid: `cloud://mine-1.x/${path}`,
          ...(maxAge === undefined ? {} : { max_age: maxAge }),
        },
      ],
    })) as WireAnswer & { file_list: { download_url: string }[] };
    return file_list[0]?.download_url ?? "";
  }

  return {
    ...opened,
    port,
    send,
    ticket,
    post,
    put,
    addressOf,
    /** Ids of all objects, finished or not. */
    async objectIds(): Promise<string[]> {
      const ids = [];
      for await (const id of objects.list({ before: new Date(8e15) })) ids.push(id);
      return ids;
    },
    objects,
    openFiles: () => openFilesBelow(folder.path),
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Name, value, and the lines that a library writes below `Content-Disposition` and behind it. */
export type Field = readonly [
  name: string,
  value: Uint8Array | string,
  filename?: string | undefined,
  headers?: string | undefined,
];

/** The fields in the vendor's order: the file last. */
export function fieldsOf(issued: Ticket, path: string, content: Uint8Array | string): Field[] {
  return [
    ["key", path],
    ["Signature", issued.authorization],
    ["x-cos-security-token", issued.token],
    ["x-cos-meta-fileid", issued.cos_file_id],
    ["file", content, "upload.bin"],
  ];
}

export function formOf(fields: readonly Field[]): {
  headers: Record<string, string>;
  body: Buffer;
} {
  const boundary = "----docferry0123456789";
  const pieces = fields.flatMap(([name, value, filename, headers]) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`,
    filename === undefined ? "" : `; filename="${filename}"`,
    headers === undefined ? "" : `\r\n${headers}`,
    "\r\n\r\n",
    value,
    "\r\n",
  ]);
  return {
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece))),
  };
}

async function pour(
  body: AsyncIterable<Uint8Array>,
  outgoing: NodeJS.WritableStream,
  reject: (error: unknown) => void,
): Promise<void> {
  try {
    for await (const piece of body) {
      if (!outgoing.write(piece)) await new Promise((resolve) => outgoing.once("drain", resolve));
    }
    outgoing.end();
  } catch (error) {
    reject(error);
  }
}
