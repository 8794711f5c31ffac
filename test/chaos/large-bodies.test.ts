import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { callsOf, plainRequest } from "../fuzz/http-requests.ts";
import { NativeService } from "../support/native.ts";
import { RawSocket } from "../support/raw-socket.ts";

const mib = 1024 * 1024;

/** What says that a body is too large, in the words of whoever is asked. */
const tooLarge = /"code":"body_too_large"|"errcode":47001|"(Code|code)":"RequestSizeLimitExceeded"/;

describe("JSON bodies that nobody would send", () => {
  let native: NativeService;
  before(async () => {
    native = await NativeService.start();
  });
  after(() => native[Symbol.asyncDispose]());

  async function sent(request: Buffer): Promise<string> {
    const client = await RawSocket.open(native.service.address);
    client.send(request);
    return client.closed;
  }

  test("over 1 MiB a body is refused by every call that takes JSON", async (t) => {
    const calls = (await callsOf(native)).filter(
      ({ body, method }) => body !== null && method !== "GET",
    );
    const body = Buffer.from(`{"a":"${"x".repeat(mib)}"}`);
    let refused = 0;
    for (const call of calls) {
      const answer = await sent(plainRequest(call, native, body));
      const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1];
      // Not there, or not for this caller: refused before anybody looks at a body.
      if (status === "404" || /"errcode":(48001|61024)/.test(answer)) continue;
      refused++;
      assert.match(answer, tooLarge, `${call.method} ${call.path}: ${answer.slice(0, 500)}`);
      assert.match(answer, /[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}/);
    }
    t.diagnostic(`${refused} of ${calls.length} calls`);
    assert.ok(refused > 30, `only ${refused}`);
  });

  test("bodies that are nested without end, or name __proto__, are answered by every call and change nothing", async () => {
    const bodies = [
      `{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
      `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`,
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    ].map((text) => Buffer.from(text));
    for (const call of (await callsOf(native)).filter(({ body }) => body !== null)) {
      for (const body of bodies) {
        const answer = await sent(plainRequest(call, native, body));
        assert.match(answer, /^HTTP\/1\.1 [234]\d\d /, `${call.method} ${call.path}`);
        assert.doesNotMatch(answer, /-1000|InternalError/, `${call.method} ${call.path}`);
      }
    }
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    assert.doesNotMatch(native.log.join(""), /"level":50/);
    assert.equal((await native.send("GET", "/healthz", { token: null })).status, 200);
  });
});
