import assert from "node:assert/strict";
import { test } from "node:test";
import { openPlatformApp } from "../../../test/support/platforms.ts";
import { inject } from "../../../test/support/inject.ts";

type Opened = Awaited<ReturnType<typeof openPlatformApp>>;

/** The page's address as platforms build it. */
async function address(opened: Opened, changes: Record<string, string | null> = {}) {
  const { code } = await opened.access.platforms.createPreAuthCode("wxplatform");
  const query = new URLSearchParams();
  const parameters = {
    component_appid: "wxplatform",
    pre_auth_code: code,
    redirect_uri: "http://localhost:3000/callback?state=a%20b",
    auth_type: "2",
    ...changes,
  };
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null) query.set(name, value);
  }
  return `/cgi-bin/componentloginpage?${query.toString()}`;
}

/** The page in a browser: its form, and how it is sent. */
async function browse(opened: Opened, url: string) {
  const response = await inject(opened.app, { method: "GET", url });
  const cookie = String(response.headers["set-cookie"] ?? "").split(";")[0] ?? "";
  const [, formToken = ""] = /name="form_token" value="([^"]*)"/.exec(response.body) ?? [];
  const send = (
    fields: Record<string, string | string[]>,
    changes: { cookie?: string; url?: string } = {},
  ) => {
    const form = new URLSearchParams({ form_token: formToken });
    for (const [name, value] of Object.entries(fields)) {
      form.delete(name);
      for (const one of [value].flat()) form.append(name, one);
    }
    return inject(opened.app, {
      method: "POST",
      url: changes.url ?? url,
      payload: form.toString(),
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        cookie: changes.cookie ?? cookie,
      },
    });
  };
  return { response, cookie, formToken, send };
}

const owner = (opened: Opened) => {
  const { appId, secret } = opened.accounts.mine;
  return { appid: appId, secret, set: ["49"] };
};

test("the owner sees what is asked, chooses, proves himself, and is led back with a code that works", async () => {
  await using opened = await openPlatformApp();
  const url = await address(opened, { category_id_list: "18|49|64" });
  const page = await browse(opened, url);
  assert.equal(page.response.statusCode, 200);
  assert.match(page.response.body, /wxplatform/);
  assert.match(page.response.body, /localhost:3000/);
  assert.equal(page.response.body.match(/name="set" value="\d+" checked/g)?.length, 3);
  const sent = await page.send({ ...owner(opened), set: ["64", "18", "77"] });
  assert.equal(sent.statusCode, 303);
  const target = new URL(String(sent.headers.location));
  assert.equal(target.origin + target.pathname, "http://localhost:3000/callback");
  assert.equal(target.searchParams.get("state"), "a b");
  assert.equal(target.searchParams.get("expires_in"), "600");
  const answer = await opened.asPlatform("api_query_auth", {
    authorization_code: target.searchParams.get("auth_code"),
  });
  const info = answer["authorization_info"] as Record<string, unknown>;
  assert.equal(info["authorizer_appid"], opened.accounts.mine.appId);
  assert.deepEqual(
    info["func_info"],
    [18, 64].map((id) => ({ funcscope_category: { id } })),
    "what was not asked for cannot be granted",
  );
  const again = await page.send(owner(opened));
  assert.equal(again.statusCode, 400, "the code that led here is used up");
});

test("nothing is granted without the app's secret, a form of this server's in this browser, and a choice", async () => {
  await using opened = await openPlatformApp();
  const url = await address(opened);
  const page = await browse(opened, url);
  const other = await browse(opened, await address(opened));
  const right = owner(opened);
  const tries = [
    [await page.send({ ...right, secret: "wrong" }), 403],
    [await page.send({ ...right, secret: opened.accounts.other.secret }), 403],
    [await page.send({ ...right, appid: "wxnobody" }), 403],
    [await page.send({ ...right, appid: "wxplatform", secret: "platform-secret" }), 403],
    [await page.send({ ...right, set: [] }), 400],
    [await page.send({ ...right, set: ["18"] }), 400],
    [await page.send(right, { cookie: "" }), 403],
    [await page.send(right, { cookie: other.cookie }), 403],
    [await page.send({ ...right, form_token: other.formToken }), 403],
    [await page.send({ ...right, form_token: "" }), 403],
    [await page.send(right, { url: url.replace("3000", "3001") }), 403],
  ] as const;
  for (const [i, [sent, status]] of tries.entries()) {
    assert.equal(sent.statusCode, status, `try ${i}`);
    assert.equal(sent.headers.location, undefined);
    assert.ok(!sent.body.includes(right.secret), "the secret does not come back");
  }
  assert.deepEqual(opened.access.platforms.authorizations("wxplatform"), []);
  assert.match(tries[0][0].body, /App id and secret do not belong together/);
  assert.equal(
    /role="alert">([^<]*)/.exec(tries[0][0].body)?.[1],
    /role="alert">([^<]*)/.exec(tries[2][0].body)?.[1],
    "whether an app is there is not told",
  );
  assert.equal((await page.send(right)).statusCode, 303);
});

test("it leads only to hosts that the operator named, and to this machine where he named none", async () => {
  await using opened = await openPlatformApp();
  const open = async (redirect_uri: string | null, more: Record<string, string> = {}) => {
    const { response } = await browse(opened, await address(opened, { redirect_uri, ...more }));
    assert.equal(response.headers.location, undefined);
    return response.statusCode;
  };
  assert.equal(await open("http://127.0.0.1:9/x"), 200);
  assert.equal(await open("http://[::1]/"), 200);
  for (const evil of [
    "https://evil.example/",
    "//evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://localhost@evil.example/",
    "http://user:pass@localhost/",
    "http://localhost.evil.example/",
    "http://evil.example/#localhost",
    "http://evil.example\\@localhost/",
    "/relative",
    null,
  ]) {
    assert.equal(await open(evil), 400, String(evil));
  }
  const { platforms } = opened.access;
  await platforms.add({ platformId: "wxp2", redirectHosts: ["good.example", "port.example:8443"] });
  const forSecond = async (redirect_uri: string) => {
    const { code } = await platforms.createPreAuthCode("wxp2");
    return open(redirect_uri, { component_appid: "wxp2", pre_auth_code: code });
  };
  assert.equal(await forSecond("https://good.example/cb"), 200);
  assert.equal(await forSecond("https://GOOD.example:444/cb"), 200);
  assert.equal(await forSecond("https://port.example:8443/cb"), 200);
  assert.equal(await forSecond("https://port.example/cb"), 400);
  assert.equal(await forSecond("https://sub.good.example/cb"), 400);
  assert.equal(await forSecond("http://localhost/cb"), 400);
});

test("an address that is no platform's, or too old, is a page that says so", async () => {
  await using opened = await openPlatformApp();
  const status = async (changes: Record<string, string | null>) =>
    (await browse(opened, await address(opened, changes))).response.statusCode;
  assert.equal(await status({ component_appid: "wxnobody" }), 404);
  assert.equal(await status({ component_appid: null }), 400);
  assert.equal(await status({ pre_auth_code: "preauthcode@@@x" }), 400);
  assert.equal(await status({ category_id_list: "49|x" }), 400);
  await opened.access.platforms.add({ platformId: "wxp2" });
  assert.equal(await status({ component_appid: "wxp2" }), 400, "a code of another platform");
  const url = await address(opened);
  opened.clock.pass(600);
  const late = await browse(opened, url);
  assert.equal(late.response.statusCode, 400);
  assert.match(late.response.body, /The code has expired/);
  assert.match(String(late.response.headers["content-type"]), /^text\/html/);
});

test("the page runs nothing, is framed by nobody, is kept by nobody, and shows text as text", async () => {
  await using opened = await openPlatformApp();
  const url = await address(opened, { biz_appid: `"><script>alert(1)</script>` });
  const { response, cookie } = await browse(opened, url);
  assert.equal(response.statusCode, 200);
  assert.doesNotMatch(response.body, /<script/);
  assert.match(response.body, /value="&#34;&#62;&#60;script/);
  const policy = String(response.headers["content-security-policy"]);
  assert.match(policy, /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' /);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.equal(response.headers["x-frame-options"], "DENY");
  assert.equal(response.headers["referrer-policy"], "no-referrer");
  assert.equal(response.headers["cache-control"], "no-store");
  assert.match(String(response.headers["set-cookie"]), /; HttpOnly; SameSite=Strict$/);
  assert.notEqual(cookie, "");
  assert.ok(!opened.log.join("").includes("preauthcode@@@"), "the log has no code");
});

test("an app that is named in the address is the only one that can consent", async () => {
  await using opened = await openPlatformApp();
  const { mine, other } = opened.accounts;
  const page = await browse(opened, await address(opened, { biz_appid: mine.appId }));
  assert.match(page.response.body, new RegExp(`value="${mine.appId}" readonly`));
  const sent = await page.send({ appid: other.appId, secret: other.secret, set: "49" });
  assert.equal(sent.statusCode, 403);
  assert.equal((await page.send(owner(opened))).statusCode, 303);
});
