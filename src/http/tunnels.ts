import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import { isVendorHost } from "./vendor-hosts.ts";

/** How a TLS connection begins: a record of the handshake. */
const handshakeRecord = 0x16;

/** A fatal alert of TLS 1.2 that every version reads: handshake_failure. */
const handshakeFailure = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]);

const needsTls =
  "This service has no TLS: start it with --tls-cert and --tls-key, or have the client send plain HTTP (docs/clients/manager-node.md)";

export interface TunnelOptions {
  /** Whether the service has a certificate of its own. */
  hasTls: boolean;
  /** Until a tunnel is closed through which nothing comes. */
  idleMs: number;
  logger: Logger;
}

/**
 * Answers CONNECT for the vendor's hosts, and for no other: what comes through the tunnel is served as if it had come to the
 * port itself. It leads to this service and nowhere else. TLS in it needs the service's certificate; plain HTTP is always taken.
 */
export function answerTunnels(server: Server, options: TunnelOptions): void {
  const { hasTls, idleMs, logger } = options;
  server.on("connect", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const target = request.url ?? "";
    // Nobody listens to it any more but this.
    socket.on("error", () => socket.destroy());
    if (!isVendorHost(target)) return refuse(socket, "403 Forbidden", "Only the vendor's hosts");
    if (!hasTls && target.endsWith(":443")) {
      logger.warn({ target }, "a tunnel for TLS is refused: there is no certificate");
      return refuse(socket, "501 Not Implemented", needsTls);
    }
    socket.setTimeout(idleMs, () => socket.destroy());
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    if (head.length > 0) socket.unshift(head);
    socket.once("data", (first: Buffer) => {
      socket.pause();
      socket.setTimeout(0);
      socket.removeAllListeners("timeout");
      const speaksTls = first[0] === handshakeRecord;
      if (speaksTls && !hasTls) {
        logger.warn({ target }, "TLS in a tunnel is refused: there is no certificate");
        socket.end(handshakeFailure);
        return;
      }
      socket.unshift(first);
      if (speaksTls) {
        server.emit("connection", socket);
        return;
      }
      // A server with TLS begins it with each connection, unless it is told that it is there already.
      server.emit(hasTls ? "secureConnection" : "connection", socket);
      socket.resume();
    });
  });
}

function refuse(socket: Socket, status: string, reason: string): void {
  const body = `${reason}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
