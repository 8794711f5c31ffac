import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NativeService, nativeAccount } from "../support/native.ts";
import { RawSocket } from "../support/raw-socket.ts";

// Heads of requests that no client should send, over a connection whose bytes are the test's own.

const files = `/v1/environments/${nativeAccount.envId}/files`;

interface Case {
  name: string;
  /** Without the blank line at its end; `TOKEN` becomes the caller's. */
  head: string;
  body?: string;
  /** Of each answer that came; a vendor's path says 200 and a code. */
  statuses: number[];
  code?: RegExp;
}

const host = "Host: x\r\n";
const bearer = "Authorization: Bearer TOKEN\r\n";
const close = "Connection: close\r\n";
const smuggled = "GET /healthz?smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

const cases: Case[] = [
  {
    name: "an invalid percent sign in a path",
    head: `GET ${files}/%zz HTTP/1.1\r\n${host}${bearer}${close}`,
    statuses: [404],
  },
  {
    name: "an invalid percent sign in a vendor's path",
    head: `POST /tcb/%zz?access_token=TOKEN HTTP/1.1\r\n${host}${close}Content-Length: 0\r\n`,
    statuses: [200],
    code: /"errcode":40066,"errmsg":"invalid url[^"]* rid: [0-9a-f-]{26}"/,
  },
  {
    name: "overlong UTF-8 in a path",
    head: `GET ${files}/%c0%af HTTP/1.1\r\n${host}${bearer}${close}`,
    statuses: [404],
  },
  {
    name: "overlong UTF-8 in a query",
    head: `GET ${files}?prefix=%c0%af HTTP/1.1\r\n${host}${bearer}${close}`,
    statuses: [400],
  },
  {
    name: "an invalid percent sign in a query",
    head: `GET ${files}?prefix=%zz HTTP/1.1\r\n${host}${bearer}${close}`,
    statuses: [400],
  },
  {
    name: "an encoded NUL in a path",
    head: `GET ${files}/a%00b HTTP/1.1\r\n${host}${bearer}${close}`,
    statuses: [404],
  },
  { name: "a NUL in a path", head: `GET /a\0b HTTP/1.1\r\n${host}`, statuses: [400] },
  { name: "a NUL in a header", head: `GET / HTTP/1.1\r\n${host}X-A: a\0b\r\n`, statuses: [400] },
  {
    name: "bytes above ASCII in a path",
    head: `GET /\xff\xfe HTTP/1.1\r\n${host}${close}`,
    statuses: [400],
  },
  { name: "lines that end in LF alone", head: `GET / HTTP/1.1\nHost: x\n`, statuses: [400] },
  {
    name: "a header that ends in CR alone",
    head: `GET / HTTP/1.1\r\n${host}X-A: a\rX-B: b\r\n`,
    statuses: [400],
  },
  { name: "a folded header", head: `GET / HTTP/1.1\r\n${host}X-A: a\r\n b\r\n`, statuses: [400] },
  {
    name: "a blank before a header's colon",
    head: `GET / HTTP/1.1\r\n${host}X-A : a\r\n`,
    statuses: [400],
  },
  { name: "no Host", head: `GET /healthz HTTP/1.1\r\n${close}`, statuses: [400] },
  {
    name: "two Hosts on a vendor's path",
    head: `POST /tcb/uploadfile?access_token=TOKEN HTTP/1.1\r\nHost: x\r\nHost: y\r\n${close}Content-Length: 0\r\n`,
    statuses: [200],
    code: /"errcode":40097,"errmsg":"invalid args: [^"]*Host[^"]* rid: [0-9a-f-]{26}"/,
  },
  { name: "no Host in HTTP/1.0", head: "GET /healthz HTTP/1.0\r\n", statuses: [200] },
  {
    name: "two Hosts",
    head: `GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n${close}`,
    statuses: [400],
  },
  {
    name: "two lengths",
    head: `POST /tcb/uploadfile HTTP/1.1\r\n${host}Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n`,
    body: smuggled,
    statuses: [400],
  },
  {
    name: "a length that is none",
    head: `POST /tcb/uploadfile HTTP/1.1\r\n${host}Content-Length: +5\r\n`,
    body: "12345",
    statuses: [400],
  },
  {
    name: "a length beside chunks",
    head: `POST /tcb/uploadfile HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n`,
    body: `0\r\n\r\n${smuggled}`,
    statuses: [400],
  },
  {
    name: "chunks that are not the last coding",
    head: `POST /tcb/uploadfile HTTP/1.1\r\n${host}Transfer-Encoding: chunked, identity\r\n`,
    body: `0\r\n\r\n${smuggled}`,
    statuses: [400],
  },
  {
    name: "a coding that only looks like chunks",
    head: `POST /tcb/uploadfile HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n`,
    body: `0\r\n\r\n${smuggled}`,
    statuses: [400],
  },
  {
    name: "a chunk whose size is none",
    head: `POST /tcb/uploadfile?access_token=TOKEN HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n`,
    body: `0x5\r\nabcde\r\n0\r\n\r\n${smuggled}`,
    statuses: [400],
  },
  {
    name: "another service's whole URL as the target",
    head: `GET http://elsewhere.example/healthz HTTP/1.1\r\n${host}${close}`,
    statuses: [200],
  },
  {
    name: "a target that is no path",
    head: `GET healthz HTTP/1.1\r\n${host}${close}`,
    statuses: [400],
  },
  {
    name: "an asterisk as the target",
    head: `OPTIONS * HTTP/1.1\r\n${host}${close}`,
    statuses: [404],
  },
  { name: "a method that is none", head: `GRAB /healthz HTTP/1.1\r\n${host}`, statuses: [400] },
  { name: "a version that is none", head: `GET /healthz HTTP/9.9\r\n${host}`, statuses: [400] },
  {
    name: "a path of 15,000 bytes",
    head: `GET /${"a".repeat(15_000)} HTTP/1.1\r\n${host}${close}`,
    statuses: [404],
  },
  {
    name: "a file name of 15,000 bytes",
    head: `GET ${files}/${"a".repeat(15_000)} HTTP/1.1\r\n${host}${bearer}${close}`,
    statuses: [404],
  },
  {
    name: "a path of 100,000 bytes",
    head: `GET /${"a".repeat(100_000)} HTTP/1.1\r\n${host}`,
    statuses: [431],
  },
  {
    name: "a query of 15,000 bytes",
    head: `GET ${files}?prefix=${"a".repeat(15_000)} HTTP/1.1\r\n${host}${bearer}${close}`,
    statuses: [200],
  },
  {
    name: "headers of 100,000 bytes",
    head: `GET /healthz HTTP/1.1\r\n${host}X-A: ${"a".repeat(100_000)}\r\n`,
    statuses: [431],
  },
  {
    name: "5,000 headers",
    head: `GET /healthz HTTP/1.1\r\n${host}${"a: b\r\n".repeat(5_000)}`,
    statuses: [431],
  },
];

describe("odd bytes in heads", () => {
  let native: NativeService;
  before(async () => {
    native = await NativeService.start();
  });
  after(() => native[Symbol.asyncDispose]());

  for (const { name, head, body = "", statuses, code } of cases) {
    test(`${name} gets a clear answer`, async () => {
      const logged = native.log.length;
      const client = await RawSocket.open(native.service.address);
      client.send(Buffer.from(`${head.replaceAll("TOKEN", native.token)}\r\n${body}`, "latin1"));
      const answer = await client.closed;
      const came = [...answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));
      assert.deepEqual(came, statuses, answer);
      if (statuses[0] !== 200) assert.match(answer, /"rid":"[0-9a-f-]{26}"/);
      if (code) assert.match(answer, code);
      const since = native.log.slice(logged).join("");
      assert.doesNotMatch(since, /smuggled|"level":50/);
      assert.equal((await native.send("GET", "/healthz", { token: null })).status, 200);
    });
  }
});
