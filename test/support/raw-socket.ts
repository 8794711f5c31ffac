import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A connection whose bytes are the test's own. */
export class RawSocket {
  readonly socket: Socket;
  readonly #pieces: Buffer[] = [];
  /** Everything that came, once the other side has closed. */
  readonly closed: Promise<string>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (piece: Buffer) => this.#pieces.push(piece));
    socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => socket.once("close", () => resolve(this.received)));
  }

  /** @param address `http://HOST:PORT` */
  static async open(address: string): Promise<RawSocket> {
    const { hostname, port } = new URL(address);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, "connect");
    return new RawSocket(socket);
  }

  get received(): string {
    return Buffer.concat(this.#pieces).toString("latin1");
  }

  send(bytes: string | Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** Sends the text a byte at a time, over and over, until the other side has had enough. */
  dribble(text: string, everyMs: number): void {
    let at = 0;
    const timer = setInterval(() => this.send(text[at++ % text.length] ?? ""), everyMs);
    this.socket.once("close", () => clearInterval(timer));
  }

  /** Goes without a word. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}
