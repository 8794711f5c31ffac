// Verifications of TC3-HMAC-SHA256 on one core, by CPU time: as they cost the service, from the header's text to the caller, and
// beside it what a signature costs at the least (two hashes and one HMAC of the same lengths). The client signs its host
// without the port, so the first reading is the right one; `worst` is a signature that no reading fits.
//
//   node bench/tc3.ts
import { createHash, createHmac, createSecretKey } from "node:crypto";
import { isSignedBy, readTc3, type SignedRequest } from "../src/http/cloud-api/tc3.ts";

const rounds = 5;
const perRound = 20_000;
const secretKey = "k".repeat(32);
const timestamp = 1_700_000_000;
const request: SignedRequest = {
  method: "POST",
  path: "/",
  query: "",
  hosts: ["127.0.0.1", "127.0.0.1:8787"],
  header: () => "application/json",
  body: Buffer.from('{"EnvId":"test-4a89da","JobId":1}'),
  timestamp,
};
const good = header(signature());
const wrong = header("0".repeat(64));
const key = createSecretKey(Buffer.alloc(32, 1));

const results = { verify: [] as number[], worst: [] as number[], least: [] as number[] };
for (let round = 0; round < rounds; round++) {
  results.verify.push(perSecond(() => check(good, true)));
  results.worst.push(perSecond(() => check(wrong, false)));
  results.least.push(perSecond(least));
}
const median = (values: number[]) => values.sort((a, b) => a - b)[rounds >> 1] ?? 0;
const [verify, worst, floor] = [results.verify, results.worst, results.least].map(median) as [
  number,
  number,
  number,
];
console.log({ verify: Math.round(verify), worst: Math.round(worst), least: Math.round(floor) });
console.log(
  `TC3 verifications: ${Math.round(verify)}/s on one core (goal 15000), ${(verify / floor).toFixed(2)} of what the hashes alone allow`,
);

function check(text: string, expected: boolean): void {
  if (isSignedBy(secretKey, readTc3(text), request) !== expected) throw new Error("wrong verdict");
}

function least(): void {
  const digest = createHash("sha256").update(request.body).digest("hex");
  const canonical = createHash("sha256")
    .update(digest + "x".repeat(120))
    .digest("hex");
  createHmac("sha256", key).update(canonical).digest();
}

function perSecond(run: () => void): number {
  const before = process.cpuUsage();
  for (let count = 0; count < perRound; count++) run();
  const { user, system } = process.cpuUsage(before);
  return perRound / ((user + system) / 1e6);
}

function header(hex: string): string {
  return `TC3-HMAC-SHA256 Credential=AKIDbench/2023-11-14/tcb/tc3_request, SignedHeaders=content-type;host, Signature=${hex}`;
}

function signature(): string {
  const hash = (text: string | Uint8Array) => createHash("sha256").update(text).digest("hex");
  const canonical = `POST\n/\n\ncontent-type:application/json\nhost:127.0.0.1\n\ncontent-type;host\n${hash(request.body)}`;
  const text = `TC3-HMAC-SHA256\n${timestamp}\n2023-11-14/tcb/tc3_request\n${hash(canonical)}`;
  let derived: Uint8Array = Buffer.from(`TC3${secretKey}`);
  for (const part of ["2023-11-14", "tcb", "tc3_request"]) {
    derived = createHmac("sha256", derived).update(part).digest();
  }
  return createHmac("sha256", derived).update(text).digest("hex");
}
