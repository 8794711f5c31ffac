import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { bucketOf } from "../../src/http/files/file-id.ts";
import { cosHeaders } from "../support/cos.ts";
import { partsXml } from "../support/cos-app.ts";
import { account, TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";

// What COS takes is streamed: the memory of the service does not grow with the file. By its peak (VmHWM), which Linux alone tells.

const mib = 1 << 20;
const key = { secretId: "AKIDlargeuploads", secretKey: "k".repeat(32) };

/** Of the resident set, MiB: far below what comes, far above what differs from run to run. */
const mayGrow = 64;
const small = 8 * mib;
const large = 256 * mib;

interface Sent {
  status: number;
  text: string;
  etag: string;
}

test(
  "a file that comes by PUT or in parts takes no more memory for being large",
  { skip: process.platform === "linux" ? false : "there is no /proc on this machine" },
  async (t) => {
    const service = await TestService.start(t, join(await tempFolder(t), "data"), {
      variables: { DOCFERRY_SECRET_ID: key.secretId, DOCFERRY_SECRET_KEY: key.secretKey },
    });
    const status = `/proc/${service.child.pid}/status`;
    /** MiB since it was asked last. */
    const peak = (): number => {
      const [, kib] = /VmHWM:\s+(\d+)/.exec(readFileSync(status, "utf8")) ?? [];
      writeFileSync(`/proc/${service.child.pid}/clear_refs`, "5");
      return Number(kib) / 1024;
    };
    const put = async (bytes: number) => {
      assert.equal((await send(service, "PUT", "whole", {}, bytes)).status, 200);
    };
    const inParts = async (bytes: number) => {
      const { text } = await send(service, "POST", "parts", { uploads: "" }, "");
      const [, uploadId = ""] = /<UploadId>(\w+)</.exec(text) ?? [];
      const count = bytes / small;
      const parts: [number, string][] = [];
      const sender = async (): Promise<void> => {
        while (parts.length < count) {
          const number = parts.push([parts.length + 1, ""]);
          const query = { partNumber: String(number), uploadId };
          const sent = await send(service, "PUT", "parts", query, small);
          assert.equal(sent.status, 200, sent.text);
          (parts[number - 1] as [number, string])[1] = sent.etag;
        }
      };
      await Promise.all([sender(), sender(), sender(), sender()]);
      const done = await send(service, "POST", "parts", { uploadId }, partsXml(parts));
      assert.equal(done.status, 200, done.text);
    };
    for (const upload of [put, inParts]) {
      await upload(small * 4);
      const before = peak();
      await upload(large);
      const after = peak();
      assert.ok(after - before < mayGrow, `${upload.name}: ${before} to ${after} MiB`);
    }
  },
);

const piece = Buffer.alloc(mib, "x");

/** @param body a text, or so many bytes */
function send(
  { address }: TestService,
  method: string,
  name: string,
  query: Record<string, string>,
  body: number | string,
): Promise<Sent> {
  const { host, hostname, port } = new URL(address);
  const headers = cosHeaders(method, name, query, { ...key, now: Date.now(), host });
  const length = typeof body === "number" ? body : Buffer.byteLength(body);
  const path = `/cos/${bucketOf(account.environment)}/${name}?${new URLSearchParams(query).toString()}`;
  return new Promise((resolve, reject) => {
    const call = request(
      { hostname, port, method, path, headers: { ...headers, "content-length": length } },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("end", () => {
          const { statusCode: status = 0, headers: told } = response;
          resolve({ status, text, etag: String(told.etag) });
        });
      },
    );
    call.on("error", reject);
    const pour = (left: number): void => {
      for (let rest = left; rest > 0; rest -= mib) {
        if (!call.write(piece)) return void call.once("drain", () => pour(rest - mib));
      }
      call.end();
    };
    if (typeof body === "number") pour(body);
    else call.end(body);
  });
}
