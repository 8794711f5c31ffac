// Sends the same POST over some connections for some seconds; prints requests/s and latencies as JSON.
//
// Bytes on sockets: Node's own client takes as much time for a request as a server does, and would be what is measured.
import { connect } from "node:net";
import { once } from "node:events";

const [url = "", body = "", seconds = "5", connections = "16"] = process.argv.slice(2);
const { hostname, port, host, pathname, search } = new URL(url);
const request = Buffer.from(
  `POST ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
);
const end = performance.now() + Number(seconds) * 1000;
const latencies: number[] = [];

// Never asleep: whoever answers a process that sleeps pays for waking it, a slow server at each answer and a quick one never.
const awake = () => {
  if (performance.now() < end) setImmediate(awake);
};
awake();
await Promise.all(Array.from({ length: Number(connections) }, client));
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.floor(latencies.length * share)];
console.log(
  JSON.stringify({ perSecond: latencies.length / Number(seconds), p50: at(0.5), p99: at(0.99) }),
);

/** One connection, one request at a time. */
async function client(): Promise<void> {
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, "connect");
  let began = 0;
  let received = "";
  const send = () => {
    began = performance.now();
    socket.write(request);
  };
  socket.on("data", (piece) => {
    received += piece.toString("latin1");
    if (received.length < lengthOf(received)) return;
    received = "";
    latencies.push(performance.now() - began);
    if (performance.now() < end) send();
    else socket.end();
  });
  send();
  await once(socket, "close");
}

/** Of an answer, head and body; more than there is while the head is not whole. */
function lengthOf(answer: string): number {
  const head = answer.indexOf("\r\n\r\n");
  if (head < 0) return Infinity;
  if (!answer.startsWith("HTTP/1.1 200 ")) throw new Error(answer);
  return head + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(answer)?.[1]);
}
