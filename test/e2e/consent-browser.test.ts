import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { afterwards } from "../support/afterwards.ts";
import { openBrowser } from "../support/browser.ts";
import { Cli } from "../support/cli.ts";
import { account, TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { chromium } from "../support/tools.ts";

const widths = [1000, 360];

for (const [locale, words] of [
  ["en", { title: "Let wxplatform act for your app?", button: "Authorise", set: "CloudBase" }],
  ["zh", { title: "允许 wxplatform 代表您的应用操作吗？", button: "授权", set: "云开发管理" }],
] as const) {
  test(
    `an app's owner consents in a browser, in wide and narrow windows (${locale})`,
    { skip: chromium.missing },
    async (t) => {
      const folder = await tempFolder(t);
      const service = await TestService.start(t, join(folder, "data"), {
        flags: ["--locale", locale],
      });
      const { component, address } = await platformOf(service, new Cli(folder));
      const callback = await callbackServer(t);
      const browser = await openBrowser();
      afterwards(t, () => browser.close());
      for (const width of widths) {
        const page = await browser.newPage({ viewport: { width, height: 800 } });
        const faults: string[] = [];
        page.on("pageerror", (error) => faults.push(String(error)));
        const refusals: string[] = [];
        page.on(
          "console",
          (message) => message.type() === "error" && refusals.push(message.text()),
        );
        await page.goto(await address(`${callback.address}/back?state=s1`));
        assert.equal(await page.title(), words.title);
        assert.equal(await page.locator("h1").textContent(), words.title);
        assert.equal(
          await page.locator("html").getAttribute("lang"),
          { en: "en", zh: "zh-CN" }[locale],
        );
        const [scrollWidth = 0, clientWidth = 0] = await page.evaluate<number[]>(
          "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
        );
        assert.ok(
          scrollWidth <= clientWidth,
          `${scrollWidth} pixels in a window of ${clientWidth}`,
        );
        const shots = process.env["DOCFERRY_TEST_SCREENSHOTS"];
        if (shots)
          await page.screenshot({
            path: join(shots, `consent-${locale}-${width}.png`),
            fullPage: true,
          });

        // A wrong secret first: the page comes back, with what was typed but the secret.
        const secret = page.locator('input[name="secret"]');
        await page.locator('input[name="appid"]').fill(account.appId);
        await secret.fill("wrong");
        await page.getByLabel(words.set).first().setChecked(true);
        await page.getByRole("button", { name: words.button }).click();
        await page.getByRole("alert").waitFor();
        if (shots)
          await page.screenshot({
            path: join(shots, `refused-${locale}-${width}.png`),
            fullPage: true,
          });
        assert.equal(await page.locator('input[name="appid"]').inputValue(), account.appId);
        assert.equal(await secret.inputValue(), "");

        await secret.fill(account.secret);
        await page.getByRole("button", { name: words.button }).click();
        await page.waitForURL(`${callback.address}/back?**`);
        const target = new URL(page.url());
        assert.equal(target.searchParams.get("state"), "s1");
        assert.deepEqual(
          callback.referrers,
          callback.referrers.map(() => undefined),
        );
        const code = target.searchParams.get("auth_code");
        const { authorization_info: info } = await component("api_query_auth", {
          authorization_code: code,
        });
        assert.equal(info.authorizer_appid, account.appId);
        assert.deepEqual(info.func_info, [{ funcscope_category: { id: 49 } }]);
        const listed = await post(
          `${service.address}/tcb/databasecollectionget?access_token=${info.authorizer_access_token}`,
          { env: account.environment, limit: 1, offset: 0 },
        );
        assert.equal(listed.errcode, 0, "and the token that it gave works");
        assert.deepEqual(faults, []);
        // The refused try is HTTP 403, which a console tells of; our own policy stands in nothing's way.
        assert.ok(
          refusals.every((text) => /403/.test(text)),
          refusals.join("\n"),
        );
        await page.close();
      }
    },
  );
}

/** A platform that is set up by the command line, and the address that it sends an owner to. */
async function platformOf(service: TestService, cli: Cli) {
  const told = async (...words: string[]) => {
    const { code, stdout, stderr } = await cli.run(
      "platform",
      ...words,
      "--data",
      "data",
      "--json",
    );
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Record<string, string>;
  };
  const id = "wxplatform";
  const { secret } = await told("add", "--id", id, "--redirect-host", "127.0.0.1");
  const { ticket } = await told("ticket", "--id", id);
  const { component_access_token: token } = await post(
    `${service.address}/cgi-bin/component/api_component_token`,
    { component_appid: id, component_appsecret: secret, component_verify_ticket: ticket },
  );
  const component = (name: string, body: object) =>
    post(`${service.address}/cgi-bin/component/${name}?component_access_token=${token}`, {
      component_appid: id,
      ...body,
    });
  const address = async (redirect: string) => {
    const { pre_auth_code: code } = await component("api_create_preauthcode", {});
    const query = new URLSearchParams({
      component_appid: id,
      pre_auth_code: code,
      redirect_uri: redirect,
    });
    return `${service.address}/cgi-bin/componentloginpage?${query.toString()}`;
  };
  return { component, address };
}

/** The platform's own page, on another port; it notes what browsers tell it of where they come from. */
async function callbackServer(t: TestContext) {
  const referrers: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/back")) referrers.push(request.headers.referer);
    response.setHeader("content-type", "text/html").end("<title>back</title>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  afterwards(t, () => server.close());
  const { port } = server.address() as AddressInfo;
  return { referrers, address: `http://127.0.0.1:${port}` };
}

// A test says what it expects of an answer.
// oxlint-disable-next-line typescript/no-explicit-any
async function post(url: string, body: object): Promise<any> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  return response.json();
}
