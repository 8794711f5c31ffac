import { type Browser, chromium as driver } from "playwright-core";
import { chromium } from "./tools.ts";

/** A browser as a person has it, without a window. */
export function openBrowser(): Promise<Browser> {
  return driver.launch({
    executablePath: chromium.path,
    // In a container whose user is root there is no sandbox to be had; nothing but our own pages is opened.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
}
