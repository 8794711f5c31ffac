import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { RawSocket } from "../support/raw-socket.ts";
import { type TestClient, TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { Ferryman } from "./heavy-import.ts";

const boundary = "----cut";
const old = '{"_id":"old"}\n';

/** The head of a COS form upload and all of its body, the file last, as an SDK sends it. */
async function form(client: TestClient, path: string, content: string) {
  const ticket = await client.call("uploadfile", { path });
  const field = (name: string, value: unknown) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${String(value)}\r\n`;
  const fields = [
    field("key", path),
    field("Signature", ticket["authorization"]),
    field("x-cos-security-token", ticket["token"]),
    field("x-cos-meta-fileid", ticket["cos_file_id"]),
  ].join("");
  const body =
    `${fields}--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n` +
    `${content}\r\n--${boundary}--\r\n`;
  const { pathname, host } = new URL(String(ticket["url"]));
  return {
    fields,
    body,
    head: (framing: string) =>
      `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\n` +
      `Content-Type: multipart/form-data; boundary=${boundary}\r\n${framing}\r\n\r\n`,
  };
}

const framings = {
  "of a known length": {
    head: (bytes: number) => `Content-Length: ${bytes}`,
    piece: (text: string) => text,
  },
  "in pieces": {
    head: () => "Transfer-Encoding: chunked",
    piece: (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`,
  },
};

for (const [how, framing] of Object.entries(framings)) {
  test(`a form upload ${how} that is cut off anywhere gives nothing half-written a name`, async (t) => {
    const folder = join(await tempFolder(t), "data");
    const service = await TestService.start(t, folder);
    const client = await service.client();
    const ferryman = await Ferryman.of(service);
    const staged = async () => (await readdir(join(folder, "files", "incoming"))).length;
    const content = `{"_id":"new","text":"${"x".repeat(300_000)}"}\n`;
    await client.upload("old.json", new Blob([old]));

    for (const name of ["old.json", "new.json"]) {
      const { fields, body, head } = await form(client, name, content);
      const cuts = {
        "between the fields": { at: fields.length - 10, staged: 0 },
        "within the file": { at: fields.length + 200_000, staged: 1 },
        // All bytes of the file are there, and a file of just them would look whole.
        "before the last boundary": { at: body.indexOf(`\r\n--${boundary}--`), staged: 1 },
        "within the last boundary": { at: body.length - 5, staged: 1 },
      };
      for (const [where, cut] of Object.entries(cuts)) {
        for (const leave of ["reset", "half-close"]) {
          const socket = await RawSocket.open(service.address);
          socket.send(head(framing.head(body.length)) + framing.piece(body.slice(0, cut.at)));
          await until(async () => (await staged()) === cut.staged || socket.socket.destroyed);
          if (leave === "reset") socket.reset();
          else {
            socket.socket.end();
            await socket.closed;
            assert.doesNotMatch(socket.received, /^HTTP\/1\.1 2/, `${where}, ${leave}`);
          }
          await until(async () => (await staged()) === 0);
          const answer = await ferryman.send("GET", `files/${name}`);
          if (name === "new.json") assert.equal(answer.status, 404, `${where}, ${leave}`);
          else assert.equal(await answer.text(), old, `${where}, ${leave}`);
        }
      }
    }
    // Whole, by the same hand: the address and its ticket are still good.
    const { body, head } = await form(client, "new.json", content);
    const socket = await RawSocket.open(service.address);
    socket.send(head(`${framing.head(body.length)}\r\nConnection: close`));
    socket.send(framing.piece(body) + (how === "in pieces" ? "0\r\n\r\n" : ""));
    assert.match(await socket.closed, /^HTTP\/1\.1 204 /);
    assert.equal(await (await ferryman.send("GET", "files/new.json")).text(), content);
    // The two that have names, and no third among those that wait for one or never got one.
    const stored = await readdir(join(folder, "files"), { recursive: true, withFileTypes: true });
    assert.equal(stored.filter((entry) => entry.isFile()).length, 2);
  });
}
