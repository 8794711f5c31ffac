// Sends the same POST over some connections for some seconds; prints requests/s and latencies as JSON.
import { Agent, request } from "node:http";

const [url = "", body = "", seconds = "5", connections = "16"] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });
const end = performance.now() + Number(seconds) * 1000;
const latencies: number[] = [];

function once(): Promise<void> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const call = request(
      url,
      { method: "POST", agent, headers: { "content-type": "application/json" } },
      (response) => {
        response.resume();
        response.on("end", () => {
          latencies.push(performance.now() - began);
          resolve();
        });
      },
    );
    call.on("error", reject);
    call.end(body);
  });
}

await Promise.all(
  Array.from({ length: Number(connections) }, async () => {
    while (performance.now() < end) await once();
  }),
);
agent.destroy();
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.floor(latencies.length * share)];
console.log(
  JSON.stringify({ perSecond: latencies.length / Number(seconds), p50: at(0.5), p99: at(0.99) }),
);
