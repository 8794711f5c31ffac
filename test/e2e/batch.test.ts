import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { tcb, testPlatform, type TestPlatform, uploadBy, wire } from "../support/batch.ts";
import { assertProblem, nativeAccount, NativeService } from "../support/native.ts";

const md5 = (text: string) => createHash("md5").update(text).digest("hex");

suite("the batch family", () => {
  let api: NativeService;
  let platform: TestPlatform;
  let other: TestPlatform;
  before(async () => {
    api = await NativeService.start();
    platform = await testPlatform(api, "wxplat1");
    other = await testPlatform(api, "wxplat2");
  });
  after(() => api[Symbol.asyncDispose]());

  test("a file goes up, in, out again and comes down, all with the platform's token", async () => {
    const people = '{"_id":1,"name":"张三"}\n{"_id":2,"name":"李四"}\n';
    const ticket = await platform.call("uploadfile", { path: "in/people.json" });
    assert.deepEqual(Object.keys(ticket).sort(), [
      "authorization",
      "cos_file_id",
      "errcode",
      "errmsg",
      "file_id",
      "token",
      "url",
    ]);
    await uploadBy(ticket, "in/people.json", people);
    const imported = await platform.call("dbimport", {
      collection_name: "people",
      file_path: "in/people.json",
      file_type: "1",
      stop_on_error: false,
      conflict_mode: 1,
    });
    assert.deepEqual(
      { ...imported, job_id: typeof imported["job_id"] },
      { errcode: 0, errmsg: "ok", job_id: "number" },
    );
    assert.deepEqual(await finalState(platform, imported["job_id"]), {
      errcode: 0,
      errmsg: "ok",
      status: "success",
      record_success: 2,
      record_fail: 0,
      err_msg: "Import completed.",
      error_msg: "Import completed.",
      file_url: "",
    });
    const exported = await platform.call("dbexport", {
      file_path: "test_export",
      file_type: 1,
      query: "db.collection('people').get()",
    });
    const done = await finalState(platform, exported["job_id"]);
    assert.equal(done["error_msg"], "Export completed.");
    assert.equal(done["err_msg"], done["error_msg"]);
    assert.equal(await (await fetch(done["file_url"])).text(), people);

    const fileid = ticket["file_id"] as string;
    const links = await platform.call("batchdownloadfile", {
      file_list: [
        { fileid, max_age: 60 },
        { fileid: `${fileid}.missing`, max_age: 60 },
      ],
    });
    const [there, missing] = links["file_list"];
    assert.equal(await (await fetch(there.download_url)).text(), people);
    assert.deepEqual([there.status, missing.status], [0, 1]);

    const bucket = await platform.call("getbucket");
    assert.deepEqual(Object.keys(bucket), ["errcode", "errmsg", "contents", "is_truncated"]);
    assert.equal(bucket["is_truncated"], false);
    assert.deepEqual(
      bucket["contents"].map(({ last_modified: time, ...rest }: { last_modified: string }) => {
        assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        return rest;
      }),
      ["in/people.json", "test_export"].map((key) => ({
        key,
        md5: md5(people),
        size: String(Buffer.byteLength(people)),
      })),
    );

    const removed = await platform.call("batchdeletefile", { fileid_list: [fileid, fileid] });
    assert.deepEqual(
      removed["delete_list"].map(({ status }: { status: number }) => status),
      [0, 1],
    );
  });

  test("collections by action, without a pager object; what is omitted changes nothing", async () => {
    const made = await platform.call("dbcollection", { action: "add", collection_name: "testc" });
    assert.deepEqual(made, { errcode: 0, errmsg: "ok" });
    const again = await platform.call("dbcollection", { action: "add", collection_name: "testc" });
    assert.equal(again["errcode"], -502013);
    for (let n = 10; n < 34; n++) {
      await platform.call("dbcollection", { action: "add", collection_name: `testc${n}` });
    }
    const listed = await platform.call("dbcollection", { action: "get" });
    assert.deepEqual(Object.keys(listed), ["errcode", "errmsg", "collections", "total"]);
    assert.equal(listed["collections"].length, 20);
    const testc = listed["collections"].find(({ name }: { name: string }) => name === "testc");
    assert.deepEqual(testc, { name: "testc", count: 0, size: 0, index_count: 1, index_size: 0 });
    assert.deepEqual(await platform.call("dbcollection"), listed);
    const rest = await platform.call("dbcollection", { action: "get", limit: "30", offset: 20 });
    assert.equal(rest["collections"].length, listed["total"] - 20);
    const drop = () => platform.call("dbcollection", { action: "del", collection_name: "testc" });
    assert.equal((await drop())["errcode"], 0);
    assert.equal((await drop())["errcode"], -502005);
    for (const [body, errcode, says] of [
      [{ collection_name: "x" }, 40101, /^missing parameter: action rid: /],
      [{ action: "add" }, 40101, /^missing parameter: collection_name rid: /],
      [{ action: "del", collection_name: "" }, 40101, /collection_name/],
      [{ action: "drop", collection_name: "x" }, 40097, /action is get, add or del, not "drop"/],
      [{ action: 1 }, 40097, /action must be string/],
      [{ action: "add", collection_name: "a$b" }, 40097, /has a \$/],
      [{ action: "get", limit: -1 }, 40097, /limit/],
    ] as const) {
      const answer = await platform.call("dbcollection", body);
      assert.equal(answer["errcode"], errcode, JSON.stringify(body));
      assert.match(answer["errmsg"], says);
    }
  });

  test("a collection's rule of access comes back as it was sent, and goes with the collection", async () => {
    const about = { collection_name: "ruled" };
    const collection = (action: string) => platform.call("dbcollection", { action, ...about });
    const modify = (fields: object) => platform.call("dbmodifyacl", { ...about, ...fields });
    const rule = () => platform.call("dbgetacl", about);
    const is = (acl_tag: string, text: string) => ({
      errcode: 0,
      errmsg: "ok",
      acl_tag,
      rule: text,
    });
    assert.equal((await rule())["errcode"], -502005);
    assert.equal((await modify({ acl_tag: "PRIVATE" }))["errcode"], -502005);
    await collection("add");
    assert.deepEqual(await rule(), is("ADMINONLY", ""));

    const text =
      '{\n "read": true,\r\n\t"write": "doc._openid == auth.openid", "write": "张三 \\ud800" }\n';
    assert.deepEqual(await modify({ acl_tag: "CUSTOM", rule: text }), {
      errcode: 0,
      errmsg: "ok",
    });
    assert.deepEqual(await rule(), is("CUSTOM", text));
    const longest = `{"read":"${"é".repeat((16 * 1024 - 12) / 2)}" }`;
    assert.equal(Buffer.byteLength(longest), 16 * 1024);
    for (const [fields, errcode, says] of [
      [{}, 40101, /^missing parameter: acl_tag rid: /],
      [{ acl_tag: "CUSTOM" }, 40101, /^missing parameter: rule rid: /],
      [{ acl_tag: "CUSTOM", rule: "" }, 40101, /^missing parameter: rule rid: /],
      [
        { acl_tag: "private" },
        40097,
        /acl_tag is READONLY, PRIVATE, ADMINWRITE, ADMINONLY or CUSTOM, not "private" rid: /,
      ],
      [{ acl_tag: "" }, 40097, /or CUSTOM, not ""/],
      [{ acl_tag: "x".repeat(1000) }, 40097, /not "x{100}" rid: /],
      [{ acl_tag: 1 }, 40097, /acl_tag must be string/],
      [{ acl_tag: "READONLY", rule: "{}" }, 40097, /rule goes with CUSTOM alone, not with READ/],
      [{ acl_tag: "CUSTOM", rule: { read: true } }, 40097, /rule must be string/],
      [{ acl_tag: "CUSTOM", rule: '{"read":1,}' }, 40097, /: rule is not JSON at position 10/],
      [{ acl_tag: "CUSTOM", rule: "{} {}" }, 40097, /: rule is not JSON/],
      [{ acl_tag: "CUSTOM", rule: "[]" }, 40097, /: rule is JSON, but not an object/],
      [{ acl_tag: "CUSTOM", rule: '{"a":'.repeat(3000) }, 40097, /: rule is not JSON/],
      [{ acl_tag: "CUSTOM", rule: `${longest} ` }, 40097, /: rule has more than 16384 bytes/],
      [{ acl_tag: "CUSTOM", rule: '{"a":"\ud800"}' }, 40097, /half a surrogate pair/],
      [{ acl_tag: "PRIVATE", collection_name: "a$b" }, 40097, /has a \$/],
      [{ acl_tag: "PRIVATE", collection_name: "" }, 40097, /collection_name/],
    ] as const) {
      const answer = await modify(fields);
      assert.equal(answer["errcode"], errcode, JSON.stringify(fields).slice(0, 200));
      assert.match(answer["errmsg"], says);
    }
    assert.deepEqual(await rule(), is("CUSTOM", text), "what is refused changes nothing");
    assert.equal((await modify({ acl_tag: "CUSTOM", rule: longest }))["errcode"], 0);
    assert.deepEqual(await rule(), is("CUSTOM", longest));
    for (const acl_tag of ["READONLY", "PRIVATE", "ADMINWRITE", "ADMINONLY"]) {
      assert.equal((await modify({ acl_tag, rule: "" }))["errcode"], 0);
      assert.deepEqual(await rule(), is(acl_tag, ""));
    }
    await modify({ acl_tag: "READONLY" });
    assert.equal((await collection("add"))["errcode"], -502013);
    assert.deepEqual(await rule(), is("READONLY", ""), "one that is there is not made anew");
    await collection("del");
    assert.equal((await rule())["errcode"], -502005);
    await collection("add");
    assert.deepEqual(await rule(), is("ADMINONLY", ""));
    await collection("del");
    for (const [name, errcode] of [
      [undefined, 40101],
      ["a$b", 40097],
      [1, 40097],
    ] as const) {
      const answer = await platform.call("dbgetacl", { collection_name: name });
      assert.equal(answer["errcode"], errcode, String(name));
    }
  });

  test("thousands of files are told page by page, each once and in the order of their bytes", async () => {
    const names = Array.from({ length: 2345 }, (_, n) => `many/${n % 7}/${n}`);
    names.push("many/é", "many/\u{1f600}", "many/\uffee", "many");
    await putAll(api, platform.environment, names);
    const pages: string[][] = [];
    let marker = "";
    for (;;) {
      const page = await platform.call("getbucket", { prefix: "many", marker });
      const keys = page["contents"].map(({ key }: { key: string }) => key);
      pages.push(keys);
      if (!page["is_truncated"]) {
        assert.equal(page["next_marker"], undefined);
        break;
      }
      // Clients of the vendor's know the last key only.
      marker = keys.at(-1);
      assert.equal(page["next_marker"], marker);
    }
    assert.deepEqual(
      pages.map((keys) => keys.length),
      [1000, 1000, names.length - 2000],
    );
    const inBytes = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.deepEqual(pages.flat(), inBytes);
    const nothing = await platform.call("getbucket", { prefix: "many/x" });
    assert.deepEqual([nothing["contents"], nothing["is_truncated"]], [[], false]);
  });

  test("with a delimiter what lies deeper stands once, however much it is, and pages go on behind it", async () => {
    const folders = Array.from({ length: 1300 }, (_, n) => `deep/${String(n).padStart(4, "0")}`);
    const names = folders.flatMap((folder, n) =>
      n % 3 === 0 ? [folder] : [`${folder}/a`, `${folder}/b/c`],
    );
    names.push(...Array.from({ length: 1500 }, (_, n) => `deep/0500/many/${n}`));
    await putAll(api, platform.environment, names);
    const entries: string[] = [];
    let marker = "";
    let pages = 0;
    for (;;) {
      const page = await platform.call("getbucket", { prefix: "deep/", delimiter: "/", marker });
      const keys: string[] = page["contents"].map(({ key }: { key: string }) => key);
      const prefixes: string[] = page["common_prefixes"];
      assert.ok(keys.length + prefixes.length <= 1000);
      entries.push(...[...keys, ...prefixes].sort());
      pages++;
      if (!page["is_truncated"]) break;
      marker = page["next_marker"];
    }
    assert.equal(pages, 2);
    assert.deepEqual(
      entries,
      folders.map((folder, n) => (n % 3 === 0 ? folder : `${folder}/`)),
    );
    const top = await platform.call("getbucket", { delimiter: "/", prefix: "deep" });
    assert.deepEqual([top["contents"], top["common_prefixes"]], [[], ["deep/"]]);
    const behind = await platform.call("getbucket", {
      delimiter: "/",
      prefix: "deep",
      marker: "deep/",
    });
    assert.deepEqual([behind["common_prefixes"], behind["is_truncated"]], [[], false]);
    const words = await platform.call("getbucket", { prefix: "deep/0001", delimiter: "/b/" });
    assert.deepEqual(
      [words["contents"].map(({ key }: { key: string }) => key), words["common_prefixes"]],
      [["deep/0001/a"], ["deep/0001/b/"]],
    );
  });

  test("what docferry keeps for jobs is told only to who asks for it", async () => {
    const broken = "{oops\n";
    await uploadBy(await platform.call("uploadfile", { path: "broken" }), "broken", broken);
    const job = await platform.call("dbimport", {
      collection_name: "broken",
      file_path: "broken",
      file_type: 1,
      conflict_mode: 1,
    });
    assert.equal((await finalState(platform, job["job_id"]))["record_fail"], 1);
    const keys = async (body: object) =>
      (await platform.call("getbucket", body))["contents"].map(({ key }: { key: string }) => key);
    assert.ok(!(await keys({ prefix: ".d" })).some((key: string) => key.startsWith(".docferry/")));
    const top = await platform.call("getbucket", { delimiter: "/" });
    assert.ok(!top["common_prefixes"].includes(".docferry/"));
    const hidden = await keys({ prefix: `.docferry/jobs/${job["job_id"]}/` });
    assert.deepEqual(hidden.length, 2, String(hidden));
  });

  test("the platform's environments are described, without a body too", async () => {
    await api.admin("POST", "environments", { platform: platform.id, id: "test2-4a89da" });
    for (const body of [{}, null]) {
      const answer = await wire(
        api,
        `/componenttcb/describeenvs?access_token=${platform.token}`,
        body,
      );
      assert.deepEqual(Object.keys(answer), ["errcode", "errmsg", "info_list"]);
      const [first, second, ...more] = answer["info_list"];
      assert.equal(first.env, platform.environment);
      assert.deepEqual(more, []);
      const { create_time, update_time, dbinstance_id, bucket_id, ...rest } = second;
      assert.deepEqual(rest, {
        env: "test2-4a89da",
        alias: "test2",
        status: "NORMAL",
        package_id: "basic",
        package_name: "docferry",
      });
      assert.match(create_time, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
      const made = Date.parse(`${create_time.replace(" ", "T")}+08:00`);
      assert.ok(Math.abs(Date.now() - made) < 600_000, create_time);
      assert.equal(update_time, create_time);
      assert.match(dbinstance_id, /^tnt-\d{10}$/);
      assert.match(bucket_id, /^7465-test2-4a89da-\d{10}$/);
    }
    const wrong = await wire(api, `/componenttcb/describeenvs?access_token=${platform.token}`, []);
    assert.equal(wrong["errcode"], 47001);
    assert.equal((await api.admin("DELETE", "environments/test2-4a89da")).status, 204);
  });

  test("a shared environment is in the app's reach at once, and out of it at once", async () => {
    const { app, environment } = platform;
    const reach = async () =>
      (await tcb(api, "databasecollectionget", { env: environment }, app.token))["errcode"];
    assert.equal(await reach(), 85088, "the app has no environment at all");
    const shared = await platform.call("batchshareenv", {
      data: [{ env: environment, appids: [app.id, app.id] }],
    });
    assert.deepEqual(shared, { errcode: 0, errmsg: "ok", err_list: [] });
    assert.equal(await reach(), 0);
    const own = await api.send("GET", `/v1/environments/${environment}/collections`, {
      token: app.token,
    });
    assert.equal(own.status, 200);
    const ids = await platform.call("batchgetenvid", { appids: [app.id, "nobody", other.app.id] });
    assert.deepEqual(ids, {
      errcode: 0,
      errmsg: "ok",
      relation_data: [
        { appid: app.id, env_list: [environment] },
        { appid: other.app.id, env_list: [] },
      ],
      err_list: [{ appid: "nobody", errmsg: "invalid appid" }],
    });
    // Of another platform's sharing nothing is told.
    const others = await other.call("batchgetenvid", { appids: [app.id] });
    assert.deepEqual(others["relation_data"], [{ appid: app.id, env_list: [] }]);

    const listed = await api.admin("GET", `environments?platform=${platform.id}`);
    assert.deepEqual(listed.json.items, [
      { id: environment, app: null, platform: platform.id, sharedWith: [app.id] },
    ]);
    const share = `environments/${environment}/shares/${app.id}`;
    assert.equal((await api.admin("DELETE", share)).status, 204);
    assert.equal(await reach(), 85088);
    assert.equal((await api.admin("DELETE", share)).status, 204, "once more is no fault");
    assert.equal((await api.admin("PUT", share)).status, 204);
    assert.equal(await reach(), 0);
    assert.equal((await api.admin("DELETE", share)).status, 204);
  });

  test("an authorizer's token reaches what is shared with its app, within its sets", async () => {
    const { id, app, environment } = platform;
    const authorize = async (sets: number[]) => {
      const { json } = await api.admin("POST", `platforms/${id}/authorizations`, {
        app: app.id,
        sets,
      });
      const answer = await wire(
        api,
        `/cgi-bin/component/api_authorizer_token?access_token=${platform.token}`,
        {
          component_appid: id,
          authorizer_appid: app.id,
          authorizer_refresh_token: json.refreshToken,
        },
      );
      return answer["authorizer_access_token"] as string;
    };
    await platform.call("batchshareenv", { data: [{ env: environment, appids: [app.id] }] });
    const list = (token: string) => tcb(api, "databasecollectionget", { env: environment }, token);
    assert.equal((await list(await authorize([49])))["errcode"], 0);
    assert.equal((await list(await authorize([18])))["errcode"], 61007);
    const batch = await wire(
      api,
      `/componenttcb/dbcollection?access_token=${await authorize([18, 49])}`,
      { env: environment },
    );
    assert.equal(batch["errcode"], 48001);
    await api.admin("DELETE", `environments/${environment}/shares/${app.id}`);
  });

  test("what cannot be shared is told item by item, and the rest is shared", async () => {
    const { id, app, environment } = platform;
    const { json: stranger } = await api.admin("POST", "apps", { id: "wx-stranger" });
    const { json: half } = await api.admin("POST", "apps", { id: "wx-half" });
    await api.admin("POST", `platforms/${id}/authorizations`, { app: half.id, sets: [49] });
    const answer = await platform.call("batchshareenv", {
      data: [
        { env: environment, appids: ["nobody", app.id, stranger.id, half.id, id] },
        { env: other.environment, appids: [app.id] },
        { env: nativeAccount.envId, appids: [app.id] },
      ],
    });
    assert.equal(answer["errcode"], 0);
    assert.deepEqual(answer["err_list"], [
      { env: environment, appid: "nobody", errmsg: "invalid appid" },
      {
        env: environment,
        appid: stranger.id,
        errmsg: "component is not authorized by this account",
      },
      {
        env: environment,
        appid: half.id,
        errmsg: `api is unauthorized to component: app ${half.id} has not granted platform ${id} permission set 18`,
      },
      { env: environment, appid: id, errmsg: "invalid appid" },
      ...[other.environment, nativeAccount.envId].map((env) => ({
        env,
        appid: app.id,
        errmsg: `invalid env: platform ${id} has no environment "${env}"`,
      })),
    ]);
    const ids = await platform.call("batchgetenvid", { appids: [app.id, stranger.id, half.id] });
    assert.deepEqual(
      ids["relation_data"].map(({ env_list: list }: { env_list: string[] }) => list),
      [[environment], [], []],
    );
    for (const [call, body, errcode] of [
      ["batchshareenv", {}, 40101],
      ["batchshareenv", { data: {} }, 40097],
      ["batchshareenv", { data: [{ env: environment }] }, 47001],
      ["batchshareenv", { data: [{ env: environment, appids: Array(51).fill("a") }] }, 40097],
      ["batchgetenvid", {}, 40101],
      ["batchgetenvid", { appids: [1] }, 40097],
    ] as const) {
      assert.equal((await platform.call(call, body))["errcode"], errcode, call);
    }
    await api.admin("DELETE", `environments/${environment}/shares/${app.id}`);
  });

  test("a platform's token opens its own environments, and no other's, by any call, id or file id", async () => {
    const secret = "other/secret";
    const ticket = await other.call("uploadfile", { path: secret });
    await uploadBy(ticket, secret, '{"_id":1}\n');
    await other.call("batchshareenv", {
      data: [{ env: other.environment, appids: [other.app.id] }],
    });
    const job = await other.call("dbimport", importOf(secret));
    await finalState(other, job["job_id"]);
    const calls: [string, object][] = [
      ["dbimport", importOf(secret)],
      ["dbexport", { file_path: "x", file_type: 1, query: "db.collection('c').get()" }],
      ["dbmigrationstate", { job_id: job["job_id"] }],
      ["dbcollection", { action: "get" }],
      ["dbcollection", { action: "add", collection_name: "mine" }],
      ["dbcollection", { action: "del", collection_name: "c" }],
      ["dbgetacl", { collection_name: "c" }],
      ["dbmodifyacl", { collection_name: "c", acl_tag: "PRIVATE" }],
      ["uploadfile", { path: "x" }],
      ["batchdownloadfile", { file_list: [{ fileid: ticket["file_id"], max_age: 60 }] }],
      ["batchdeletefile", { fileid_list: [ticket["file_id"]] }],
      ["getbucket", {}],
    ];
    for (const [call, body] of calls) {
      for (const env of [other.environment, nativeAccount.envId, "nobody-1"]) {
        const answer = await platform.call(call, { ...body, env });
        assert.equal(answer["errcode"], -501005, `${call} ${env}: ${JSON.stringify(answer)}`);
      }
    }
    // Its own environment with what is another's in it.
    const state = await platform.call("dbmigrationstate", { job_id: job["job_id"] });
    assert.equal(state["errcode"], 40097);
    const file = { fileid: ticket["file_id"], max_age: 60 };
    const links = await platform.call("batchdownloadfile", { file_list: [file] });
    assert.deepEqual([links["file_list"][0].status, links["file_list"][0].download_url], [1, ""]);
    const removed = await platform.call("batchdeletefile", { fileid_list: [ticket["file_id"]] });
    assert.equal(removed["delete_list"][0].status, 1);
    // The file is where it was.
    const kept = await other.call("getbucket", { prefix: secret });
    assert.equal(kept["contents"].length, 1);
    // An app that something is shared with shares nothing on, and describes nothing.
    for (const call of ["describeenvs", "batchgetenvid", "batchshareenv", "getbucket"]) {
      const path = `/componenttcb/${call}?access_token=${other.app.token}`;
      assert.equal((await wire(api, path, { env: other.environment }))["errcode"], 48001, call);
    }
    for (const [name, token] of [
      ["databasecollectionget", platform.app.token],
      ["databasecollectionget", api.token],
      ["uploadfile", platform.app.token],
    ] as const) {
      const answer = await tcb(api, name, { env: other.environment, path: "x" }, token);
      assert.ok([-501005, 85088].includes(answer["errcode"]), JSON.stringify(answer));
    }
    const component = await tcb(
      api,
      "databasecollectionget",
      { env: platform.environment },
      platform.token,
    );
    assert.equal(component["errcode"], 48001);
    const native = await api.send("GET", `/v1/environments/${platform.environment}/collections`, {
      token: platform.token,
    });
    assert.ok(native.status === 401 || native.status === 403, native.text);
  });

  test("both names of the token parameter are taken, and its faults have their codes", async () => {
    const ask = (query: string, body: object = { env: platform.environment }) =>
      wire(api, `/componenttcb/getbucket${query}`, body);
    assert.equal((await ask(`?component_access_token=${platform.token}`))["errcode"], 0);
    assert.equal((await ask(""))["errcode"], 41001);
    assert.equal((await ask("?access_token=nonsense"))["errcode"], 40014);
    assert.equal((await ask(`?access_token=${platform.token}`, {}))["errcode"], 40101);
    for (const call of ["dbrecord", "dbaggregate", "dbindex"]) {
      const path = `/componenttcb/${call}?access_token=${platform.token}`;
      const answer = await wire(api, path, { env: platform.environment });
      assert.equal(answer["errcode"], 40066, call);
    }
    const { json } = await api.send(
      "GET",
      `/componenttcb/getbucket?access_token=${platform.token}`,
    );
    assert.equal(json.errcode, 43002);
  });

  test("a platform goes with its environments, and what was shared is out of reach", async () => {
    const gone = await testPlatform(api, "wxplat3");
    await gone.call("batchshareenv", { data: [{ env: gone.environment, appids: [gone.app.id] }] });
    const list = () => tcb(api, "databasecollectionget", { env: gone.environment }, gone.app.token);
    assert.equal((await list())["errcode"], 0);
    assert.equal((await api.admin("DELETE", `platforms/${gone.id}`)).status, 204);
    assert.equal((await list())["errcode"], 85088);
    const left = await api.admin("GET", "environments");
    assert.ok(!left.text.includes(gone.environment));
    const again = await api.admin("POST", "environments", {
      app: gone.app.id,
      id: gone.environment,
    });
    assert.equal(again.status, 201);
    assert.deepEqual((await list())["collections"], []);
  });

  test("an operator names one owner, and shares only what is a platform's", async () => {
    const both = { app: platform.app.id, platform: platform.id };
    assertProblem(await api.admin("POST", "environments", both), 400, "invalid_argument", /either/);
    assertProblem(
      await api.admin("POST", "environments", {}),
      400,
      "missing_argument",
      /app or platform/,
    );
    assertProblem(
      await api.admin("POST", "environments", { platform: "nobody" }),
      404,
      "platform_not_found",
    );
    const own = `environments/${nativeAccount.envId}/shares/${platform.app.id}`;
    assertProblem(await api.admin("PUT", own), 409, "conflict", /only a platform shares/);
    assertProblem(
      await api.admin("PUT", `environments/nobody/shares/${platform.app.id}`),
      404,
      "environment_not_found",
    );
    assertProblem(
      await api.admin("PUT", `environments/${platform.environment}/shares/nobody`),
      404,
      "app_not_found",
    );
  });
});

function importOf(file: string) {
  return { collection_name: "c", file_path: file, file_type: 1, conflict_mode: 1 };
}

async function finalState(platform: TestPlatform, jobId: unknown) {
  for (;;) {
    const state = await platform.call("dbmigrationstate", { job_id: jobId });
    assert.equal(state["errcode"], 0, state["errmsg"]);
    if (state["status"] === "success" || state["status"] === "fail") return state;
    await sleep(10);
  }
}

/** Names of small files, as uploads leave them. */
async function putAll(api: NativeService, environment: string, names: string[]): Promise<void> {
  await api.admin("PUT", `environments/${environment}/shares/${nativeAccount.appId}`);
  for (let at = 0; at < names.length; at += 50) {
    await Promise.all(
      names.slice(at, at + 50).map(async (name) => {
        const path = `/v1/environments/${environment}/files/${encodeURIComponent(name)}`;
        const sent = await api.send("PUT", path, { body: "x" });
        assert.equal(sent.status, 201, sent.text);
      }),
    );
  }
  await api.admin("DELETE", `environments/${environment}/shares/${nativeAccount.appId}`);
}
