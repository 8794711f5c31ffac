import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { Docferry } from "#client";
import { afterwards } from "../support/afterwards.ts";
import { openBrowser } from "../support/browser.ts";
import { account, TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { chromium } from "../support/tools.ts";

test(
  "the page at /docs shows every call and sends them, with nothing from elsewhere, narrow windows too",
  { skip: chromium.missing },
  async (t) => {
    const service = await TestService.start(t, join(await tempFolder(t), "data"));
    const { address } = service;
    const client = new Docferry({ server: address, ...account });
    await client.files.put("seen.json", "{}");
    const token = await tokenOf(address);
    const browser = await openBrowser();
    afterwards(t, () => browser.close());
    const page = await browser.newPage({ viewport: { width: 360, height: 640 } });
    const faults: string[] = [];
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("request", (request) => {
      if (!request.url().startsWith(address)) faults.push(`asked for ${request.url()}`);
    });
    await page.goto(`${address}/docs`);
    const document = (await (await fetch(`${address}/openapi.json`)).json()) as {
      paths: Record<string, object>;
    };
    const calls = Object.values(document.paths).flatMap((methods) => Object.keys(methods));
    const shown = page.locator("#calls > details");
    await shown.first().waitFor();
    assert.equal(await shown.count(), calls.length);

    await page.locator("#token").fill(token);
    const list = shown.filter({ hasText: "List files in order of their names" });
    await list.locator("summary").first().click();
    await list.locator('input[name="env"]').fill(account.environment);
    await list.getByRole("button", { name: "Send" }).click();
    await list.locator("pre", { hasText: "seen.json" }).first().waitFor();
    assert.match((await list.locator("pre").first().textContent()) ?? "", /^200 OK\n/);

    // All of it open, and still nothing is wider than the window.
    await page.evaluate(
      `for (const call of document.querySelectorAll("#calls > details")) call.open = true`,
    );
    await page.locator("#calls > details:last-of-type button").waitFor();
    const widths = await page.evaluate<[number, number]>(
      "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
    );
    assert.ok(widths[0] <= widths[1], `${widths[0]} pixels in a window of ${widths[1]}`);
    assert.deepEqual(faults, []);
  },
);

async function tokenOf(address: string): Promise<string> {
  const answer = await fetch(`${address}/cgi-bin/stable_token`, {
    method: "POST",
    body: JSON.stringify({
      grant_type: "client_credential",
      appid: account.appId,
      secret: account.secret,
    }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}
