import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestApp } from "../../../test/support/wechat.ts";

type TestApp = Awaited<ReturnType<typeof openTestApp>>;

const bucket = /^6d69-mine-1-\d{10}$/;

test("an upload ticket has the vendor's fields", async () => {
  await using app = await openTestApp({ publicUrl: "https://ferry.example/base/" });
  const { errcode, errmsg, ...ticket } = await app.ask("/tcb/uploadfile", {
    env: "mine-1",
    path: "this/is/an example.path",
  });
  assert.deepEqual([errcode, errmsg], [0, "ok"]);
  assert.deepEqual(Object.keys(ticket).sort(), [
    "authorization",
    "cos_file_id",
    "file_id",
    "token",
    "url",
  ]);
  const url = String(ticket["url"]);
  assert.match(
    url,
    /^https:\/\/ferry\.example\/base\/cos\/6d69-mine-1-\d{10}\/this\/is\/an%20example\.path$/,
  );
  const [, , , , , name = ""] = url.split("/");
  assert.match(name, bucket);
  assert.equal(ticket["file_id"], `cloud://mine-1.${name}/this/is/an example.path`);
  const from = Math.floor(app.clock.now / 1000);
  const time = `${from};${from + 900}`;
  assert.match(
    String(ticket["authorization"]),
    new RegExp(
      `^q-sign-algorithm=sha1&q-ak=AKID\\w+&q-sign-time=${time}&q-key-time=${time}` +
        "&q-header-list=&q-url-param-list=&q-signature=[0-9a-f]{40}$",
    ),
  );
});

test("a ticket's address begins with the host that the client asked for", async () => {
  await using app = await openTestApp();
  const answer = await app.call(
    `/tcb/uploadfile?access_token=${app.token}`,
    { env: "mine-1", path: "a" },
    { headers: { host: "10.0.0.7:8790" } },
  );
  assert.match(String(answer["url"]), /^http:\/\/10\.0\.0\.7:8790\/cos\//);
});

test("names that no store could keep get no ticket", async () => {
  await using app = await openTestApp();
  for (const path of ["/a", ".docferry/x", "a\0b", "x".repeat(513), 5, null, {}]) {
    const answer = await app.ask("/tcb/uploadfile", { env: "mine-1", path });
    assert.equal(answer.errcode, 40097, JSON.stringify(path));
    assert.equal(answer["url"], undefined);
  }
  assert.equal((await app.ask("/tcb/uploadfile", { env: "mine-1" })).errcode, 40101);
  assert.equal((await app.ask("/tcb/uploadfile", { env: "other-1", path: "a" })).errcode, -501005);
});

test("download addresses come in the order of the list, each with its own outcome", async () => {
  await using app = await openTestApp();
  await put(app, "mine-1", "A b.png");
  await put(app, "other-1", "secret.png");
  await put(app, "mine-1", ".docferry/jobs/1/rejects");
  const ids = [
    "cloud://mine-1.6d69-mine-1/A b.png",
    "cloud://mine-1.6d69-mine-1/missing.png",
    "cloud://other-1.6f74-other-1/secret.png",
    "cloud://mine-1.x/.docferry/jobs/1/rejects",
    "A b.png",
    "cloud://mine-1.6d69-mine-1/A b.png",
  ];
  const answer = await app.ask("/tcb/batchdownloadfile", {
    env: "mine-1",
    file_list: ids.map((fileid) => ({ fileid, max_age: 7200 })),
  });
  const list = answer["file_list"] as Record<string, unknown>[];
  assert.equal(answer.errcode, 0);
  assert.deepEqual(
    list.map((item) => item["fileid"]),
    ids,
  );
  assert.deepEqual(
    list.map((item) => item["file_id"]),
    ids,
  );
  assert.deepEqual(
    list.map((item) => item["status"]),
    [0, 1, 1, 0, 1, 0],
  );
  assert.equal(list[0]?.["errmsg"], "ok");
  assert.match(
    String(list[0]?.["download_url"]),
    /^http:\/\/localhost:80\/download\/mine-1\/A%20b\.png\?sign=[\w-]+&t=\d+$/,
  );
  for (const item of [list[1], list[2], list[4]]) {
    assert.ok(item);
    assert.equal(item["errmsg"], "STORAGE_FILE_NONEXIST");
    assert.equal(item["download_url"], "");
  }
});

test("max_age says how long an address is good, also as text, and two hours where it is not told", async () => {
  await using app = await openTestApp();
  await put(app, "mine-1", "a");
  const seconds = async (more: object) => {
    const answer = await app.ask("/tcb/batchdownloadfile", {
      env: "mine-1",
      file_list: [{ fileid: "cloud://mine-1.x/a", ...more }],
    });
    if (answer.errcode !== 0) return answer.errcode;
    const [item] = answer["file_list"] as { download_url: string }[];
    const until = new URL(item?.download_url ?? "").searchParams.get("t");
    return Number(until) - Math.floor(app.clock.now / 1000);
  };
  assert.equal(await seconds({ max_age: 60 }), 60);
  assert.equal(await seconds({ max_age: "60" }), 60);
  assert.equal(await seconds({}), 7200);
  assert.equal(await seconds({ max_age: 0 }), 7200);
  for (const wrong of [-1, 1.5, "soon", null, 2 ** 31]) {
    assert.equal(await seconds({ max_age: wrong }), 40097, JSON.stringify(wrong));
  }
});

test("a list is 50 items at most, and each has its fileid", async () => {
  await using app = await openTestApp();
  const item = { fileid: "cloud://mine-1.x/a", max_age: 60 };
  const download = async (list: unknown) =>
    (await app.ask("/tcb/batchdownloadfile", { env: "mine-1", file_list: list })).errcode;
  assert.equal(await download(Array.from({ length: 50 }, () => item)), 0);
  assert.equal(await download(Array.from({ length: 51 }, () => item)), 40097);
  assert.equal(await download([]), 0);
  assert.equal(await download([{ file_id: "cloud://mine-1.x/a", max_age: 60 }]), 47001);
  assert.equal(await download("cloud://mine-1.x/a"), 40097);
  assert.equal(await download([{ fileid: 5 }]), 40097);
  assert.equal(await download(undefined), 40101);
  const remove = async (list: unknown) =>
    (await app.ask("/tcb/batchdeletefile", { env: "mine-1", fileid_list: list })).errcode;
  assert.equal(await remove(Array(51).fill(item.fileid)), 40097);
  assert.equal(await remove([item]), 40097);
  assert.equal(await remove(undefined), 40101);
});

test("removes what is the environment's own, and says of each whether it was there", async () => {
  await using app = await openTestApp();
  await put(app, "mine-1", "a/b c");
  await put(app, "mine-1", "kept");
  await put(app, "mine-1", ".docferry/jobs/1/rejects");
  await put(app, "other-1", "secret");
  const ids = [
    "cloud://mine-1.x/a/b c",
    "cloud://mine-1.x/a/b c",
    "cloud://mine-1.x/a",
    "cloud://other-1.x/secret",
    "cloud://mine-1.x/.docferry/jobs/1/rejects",
  ];
  const answer = await app.ask("/tcb/batchdeletefile", { env: "mine-1", fileid_list: ids });
  const missing = { status: 1, errmsg: "STORAGE_FILE_NONEXIST" };
  assert.deepEqual(answer["delete_list"], [
    { fileid: ids[0], status: 0, errmsg: "ok" },
    ...ids.slice(1).map((fileid) => ({ fileid, ...missing })),
  ]);
  const { files } = app.store();
  assert.equal(await files.get("mine-1", "a/b c"), undefined);
  assert.ok(await files.get("mine-1", "kept"));
  assert.ok(await files.get("mine-1", ".docferry/jobs/1/rejects"));
  assert.ok(await files.get("other-1", "secret"));
});

function put(app: TestApp, environment: string, name: string) {
  return app.store().files.put({
    environment,
    name,
    object: { id: "0".repeat(32), size: 0, md5: "d41d8cd98f00b204e9800998ecf8427e" },
    contentType: "text/plain",
    now: app.clock.now,
  });
}
