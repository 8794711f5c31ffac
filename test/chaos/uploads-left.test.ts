import assert from "node:assert/strict";
import { test } from "node:test";
import { newObjectId } from "../../src/files/object-id.ts";
import { MultipartUploads } from "../../src/http/cos/multipart-uploads.ts";
import { temporaryFolder } from "../support/accounts.ts";
import { environment, openEngine } from "../support/engine.ts";

const day = 24 * 3_600_000;

test("uploads that nobody finishes leave nothing: staged bytes, parts, parts without a start", async (t) => {
  await using folder = await temporaryFolder();
  const opened = await openEngine(t, folder.path);
  const { store, files } = opened;
  await opened.put("kept.json", "{}");
  const { object: kept } = (await store.files.get(environment, "kept.json")) ?? {};

  let now = Date.now();
  const uploads = new MultipartUploads({ index: store.files, objects: files, clock: () => now });
  const stored = async () => {
    const writer = await files.create(newObjectId());
    await writer.write(Buffer.from("part"));
    const object = await writer.finish();
    await writer[Symbol.asyncDispose]();
    return object;
  };
  const start = async (name: string) => {
    const id = await uploads.start(environment, { name, contentType: "text/plain" }, () => {});
    return uploads.find(environment, id, name);
  };
  const abandoned = await start("abandoned.json");
  await uploads.addPart(abandoned, 1, await stored());
  // A process that ends between the put of a part and its look at the upload leaves a part alone.
  const orphan = `.docferry/uploads/${newObjectId()}/00007`;
  const contentType = "text/plain";
  await store.files.put({ environment, name: orphan, object: await stored(), contentType, now });
  // Of an upload that broke off with its process: bytes under an id that got no name, finished or not.
  await stored();
  const staged = await files.create(newObjectId());
  await staged.write(Buffer.from("half"));

  now += day / 2;
  const busy = await start("busy.json");
  now += day / 2 + 1;
  await uploads.removeAbandoned(environment, now - day);
  const entries = await store.files.list({ environment, prefix: "", after: null, limit: 99 });
  assert.deepEqual(
    entries.map(({ name }) => name),
    [`.docferry/uploads/${busy.id}/00000`, "kept.json"],
  );
  await uploads.remove(busy);
  await opened.close();

  // Nobody uploads any more, so bytes need not be old to be garbage.
  const next = await openEngine(t, folder.path, { garbageSeconds: 0 });
  await next.engine.clean();
  const objects = await Array.fromAsync(next.files.list({ before: new Date(8e15) }));
  assert.deepEqual(objects, [kept]);
});
