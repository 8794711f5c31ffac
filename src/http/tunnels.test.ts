import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { temporaryFolder } from "../../test/support/accounts.ts";
import { afterwards } from "../../test/support/afterwards.ts";
import { openTestApp } from "../../test/support/wechat.ts";

const host = "env.tcb-api.tencentcloudapi.com";
const request = `GET /healthz HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;

type Tls = { cert: Buffer; key: Buffer };

/** A service with or without a certificate, on a port of its own. */
async function open(t: TestContext, tls: Tls | null) {
  const opened = await openTestApp({ tls, idleMs: 200 });
  afterwards(t, () => opened[Symbol.asyncDispose]());
  await opened.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = opened.app.server.address() as AddressInfo;
  const dial = async (): Promise<Socket> => {
    const socket = tls
      ? connectTls({ port, host: "127.0.0.1", ca: tls.cert, servername: host })
      : connect(port, "127.0.0.1");
    await once(socket, tls ? "secureConnect" : "connect");
    return socket;
  };
  return { log: opened.log, port, dial };
}

async function certificate(t: TestContext): Promise<Tls | null> {
  const folder = await temporaryFolder();
  afterwards(t, () => folder[Symbol.asyncDispose]());
  const [key, cert] = ["key.pem", "cert.pem"].map((name) => join(folder.path, name)) as [
    string,
    string,
  ];
  const words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
  const names = ["-subj", "/CN=docferry", "-addext", `subjectAltName=DNS:${host}`];
  try {
    execFileSync("openssl", [...words.split(" "), ...names, "-keyout", key, "-out", cert], {
      stdio: "ignore",
    });
  } catch {
    return null;
  }
  return { cert: await readFile(cert), key: await readFile(key) };
}

/** What comes until the other side ends. */
async function rest(socket: Socket): Promise<string> {
  let text = "";
  for await (const piece of socket) text += (piece as Buffer).toString("latin1");
  return text;
}

/** The tunnel, once it is there. */
async function tunnel(dial: () => Promise<Socket>, target: string): Promise<Socket> {
  const socket = await dial();
  socket.write(`CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n\r\n`);
  const [answer] = (await once(socket, "data")) as [Buffer];
  assert.equal(answer.toString(), "HTTP/1.1 200 Connection Established\r\n\r\n");
  socket.pause();
  return socket;
}

test("without a certificate a tunnel for TLS is refused with what to do, in the log as well", async (t) => {
  const { dial, log } = await open(t, null);
  const socket = await dial();
  socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  assert.match(
    await rest(socket),
    /^HTTP\/1\.1 501 [^]*\r\n\r\nThis service has no TLS: .*--tls-cert/,
  );
  assert.ok(log.some((line) => line.includes("a tunnel for TLS is refused")));
});

test("without a certificate TLS in a tunnel for another port ends with an alert, and plain HTTP is answered", async (t) => {
  const { dial, log } = await open(t, null);
  const socket = connectTls({ socket: await tunnel(dial, `${host}:80`), servername: host });
  const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
  assert.match(`${error.code} ${error.message}`, /alert handshake failure/i);
  assert.ok(log.some((line) => line.includes("TLS in a tunnel is refused")));
  const plain = await tunnel(dial, `${host}:80`);
  plain.write(request);
  assert.match(await rest(plain), /^HTTP\/1\.1 200 OK[^]*alive/);
});

test("with a certificate TLS in a tunnel is answered with it, and plain HTTP as well", async (t) => {
  const tls = await certificate(t);
  if (!tls) return t.skip("no openssl on this machine to make a certificate with");
  const { dial } = await open(t, tls);
  for (const port of [443, 80]) {
    const inner: TLSSocket = connectTls({
      socket: await tunnel(dial, `${host}:${port}`),
      servername: host,
      ca: tls.cert,
    });
    await once(inner, "secureConnect");
    assert.equal(inner.authorized, true);
    inner.write(request);
    assert.match(await rest(inner), /^HTTP\/1\.1 200 OK[^]*alive/);
  }
  const plain = await tunnel(dial, `${host}:80`);
  plain.write(request);
  assert.match(await rest(plain), /^HTTP\/1\.1 200 OK[^]*alive/);
});

test("a client says in TLS that it speaks HTTP/1.1, as the agents of the vendor's clients spell it, too", async (t) => {
  const tls = await certificate(t);
  if (!tls) return t.skip("no openssl on this machine to make a certificate with");
  const { port } = await open(t, tls);
  const dial = (ALPNProtocols: string[]) =>
    connectTls({ port, host: "127.0.0.1", ca: tls.cert, servername: host, ALPNProtocols });
  for (const [offered, taken] of [
    [["http 1.1"], "http 1.1"],
    [["h2", "http/1.1"], "http/1.1"],
  ] as const) {
    const socket = dial([...offered]);
    await once(socket, "secureConnect");
    assert.equal(socket.alpnProtocol, taken);
    socket.write(request);
    assert.match(await rest(socket), /^HTTP\/1\.1 200 OK/);
  }
  const [error] = (await once(dial(["h2"]), "error")) as [Error];
  assert.match(error.message, /no application protocol/);
});

test("a tunnel through which nothing comes is closed", async (t) => {
  const { dial } = await open(t, null);
  const socket = await tunnel(dial, `${host}:80`);
  assert.equal(await rest(socket), "");
});
