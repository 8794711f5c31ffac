import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { TestService } from "../support/service.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { Ferryman } from "./heavy-import.ts";

for (const framing of ["Content-Length: 10000000", "Transfer-Encoding: chunked"]) {
  test(`an upload that is cut off in its middle (${framing}) leaves the old file and nothing else`, async (t) => {
    const folder = join(await tempFolder(t), "data");
    const ferryman = await Ferryman.of(await TestService.start(t, folder));
    await ferryman.put("people.json", '{"_id":1}\n');
    const staged = async () => (await readdir(join(folder, "files", "incoming"))).length;
    const client = await RawSocket.open(ferryman.service.address);
    const path = new URL(ferryman.url("files/people.json")).pathname;
    client.send(
      `PUT ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ferryman.token}\r\n${framing}\r\n\r\n`,
    );
    client.send(`7\r\n{"_id":\r\n${"x".repeat(100_000)}`);
    await until(async () => (await staged()) === 1 || client.socket.destroyed);
    client.reset();
    await until(async () => (await staged()) === 0);
    assert.equal(await (await ferryman.send("GET", "files/people.json")).text(), '{"_id":1}\n');
  });
}
