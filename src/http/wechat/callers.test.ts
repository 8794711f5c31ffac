import assert from "node:assert/strict";
import { test } from "node:test";
import { openPlatformApp } from "../../../test/support/platforms.ts";
import { tokensOf } from "../../../test/support/tokens.ts";
import { wechatRoutes, type WechatParts } from "./routes.ts";

/** What each kind of token meets before its body is looked at: an errcode, or `open`. */
const tokenless = { none: 41001, "made-up": 40014, expired: 42001, superseded: 40001 };
const closed = {
  ...tokenless,
  app: 48001,
  "other app": 48001,
  authorizer: 48001,
  "authorizer without the set": 48001,
  revoked: 61003,
};
const groups = {
  "/tcb/": {
    ...tokenless,
    app: "open",
    "other app": "open",
    authorizer: "open",
    "authorizer without the set": 61007,
    component: 48001,
    revoked: 61003,
  },
  "/componenttcb/": { ...closed, component: "open" },
  "/cgi-bin/component/": { ...closed, none: 41021, component: "open" },
  "/cgi-bin/openapi/": {
    ...tokenless,
    app: "open",
    "other app": "open",
    authorizer: "open",
    "authorizer without the set": "open",
    component: "open",
    revoked: 61003,
  },
} as const;

/** They give tokens, and take none. */
const withoutToken = [
  "/cgi-bin/token",
  "/cgi-bin/stable_token",
  "/cgi-bin/component/api_component_token",
];

// Nothing is called here: the list is what the service serves.
const paths = [...wechatRoutes({} as WechatParts).keys()];

test("every call answers every kind of token as the table says", async () => {
  await using opened = await openPlatformApp();
  const tokens = await tokensOf(opened);
  for (const path of paths.filter((one) => !withoutToken.includes(one))) {
    const group = Object.entries(groups).find(([prefix]) => path.startsWith(prefix));
    assert.ok(group, `${path} is in no group of the table`);
    const met: Record<string, unknown> = {};
    for (const kind of Object.keys(group[1])) {
      const token = tokens[kind];
      const query = token === undefined ? "" : `?access_token=${token}`;
      // No body: whoever is let in meets that next, where the call wants one.
      const { errcode } = await opened.call(`${path}${query}`);
      met[kind] = errcode === 44002 || errcode === 0 ? "open" : errcode;
    }
    assert.deepEqual(met, group[1], path);
  }
});

test("what gives tokens is open to all, whatever token they bring", async () => {
  await using opened = await openPlatformApp();
  const tokens = Object.values(await tokensOf(opened));
  for (const path of withoutToken) {
    const method = path === "/cgi-bin/token" ? "GET" : "POST";
    for (const token of tokens) {
      const { errcode } = await opened.call(`${path}?access_token=${token}`, undefined, { method });
      assert.equal(errcode, method === "GET" ? 41002 : 44002, path);
    }
  }
});

test("no token of any kind reaches another account's environment, by any call that names one", async () => {
  await using opened = await openPlatformApp();
  const tokens = await tokensOf(opened);
  await opened.access.platforms.authorize({
    platformId: "wxplatform",
    appId: opened.accounts.mine.appId,
    sets: [49],
  });
  const attempts = {
    databasemigrateimport: {
      collection_name: "c",
      file_path: "f",
      file_type: 1,
      stop_on_error: false,
      conflict_mode: 2,
    },
    databasemigrateexport: { file_path: "f", file_type: 1, query: "db.collection('c').get()" },
    databasemigratequeryinfo: { job_id: 1 },
    databasecollectionadd: { collection_name: "c" },
    databasecollectiondelete: { collection_name: "c" },
    databasecollectionget: { limit: 10, offset: 0 },
    uploadfile: { path: "f" },
    batchdownloadfile: { file_list: [{ fileid: "cloud://other-1.docferry-other-1/f" }] },
    batchdeletefile: { fileid_list: ["cloud://other-1.docferry-other-1/f"] },
  };
  const named = Object.keys(attempts).map((name) => `/tcb/${name}`);
  const all = paths.filter((path) => path.startsWith("/tcb/") && path !== "/tcb/getqcloudtoken");
  assert.deepEqual(all.sort(), named.sort(), "a call that is new has its attempt here");
  for (const [name, body] of Object.entries(attempts)) {
    for (const kind of ["app", "authorizer"]) {
      for (const env of ["other-1", "OTHER-1", "other-1/", "../other-1", "other-1\0", "nobody-1"]) {
        const answer = await opened.call(`/tcb/${name}?access_token=${tokens[kind]}`, {
          env,
          ...body,
        });
        assert.equal(answer.errcode, -501005, `${name} ${kind} ${JSON.stringify(env)}`);
      }
    }
  }
  assert.deepEqual(opened.engine.orders, [], "nothing was submitted");
});

test("neither a job's id nor a file's reaches into another environment", async () => {
  await using opened = await openPlatformApp();
  const tokens = await tokensOf(opened);
  const foreign = await opened.engine.submit("other-1", {} as never);
  const none = await opened.call(
    `/tcb/databasemigratequeryinfo?access_token=${tokens["authorizer"]}`,
    { env: "mine-1", job_id: 99 },
  );
  const there = await opened.call(
    `/tcb/databasemigratequeryinfo?access_token=${tokens["authorizer"]}`,
    { env: "mine-1", job_id: foreign.id },
  );
  assert.equal(there.errcode, 40097);
  const wording = (text: unknown) => String(text).replace(/job \d+|rid: .*/g, "");
  assert.equal(wording(there.errmsg), wording(none.errmsg), "it does not tell that it is there");
  for (const fileid of [
    "cloud://other-1.docferry-other-1/f",
    "cloud://mine-1.docferry-mine-1/../other-1/f",
    "cloud://other-1/f",
  ]) {
    const download = await opened.call(
      `/tcb/batchdownloadfile?access_token=${tokens["authorizer"]}`,
      { env: "mine-1", file_list: [{ fileid, max_age: 60 }] },
    );
    const [file] = download["file_list"] as { status: number; download_url: string }[];
    assert.deepEqual([file?.status, file?.download_url], [1, ""], fileid);
  }
});
