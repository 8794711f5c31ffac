import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { tempFolder } from "../support/temp-folder.ts";
import { tellStory } from "./story.ts";

const sources = fileURLToPath(new URL("python/", import.meta.url));

test("wechatpy ferries, and fetches a token anew that ended", async (t) => {
  const venv = await tempFolder(t);
  execFileSync("python3", ["-m", "venv", venv], { stdio: "inherit" });
  const python = join(venv, "bin/python");
  const install = ["-m", "pip", "install", "-q", "-r", join(sources, "requirements.txt")];
  execFileSync(python, install, { stdio: "inherit" });
  const story = await tellStory(t, { command: python, args: [join(sources, "story.py")] });
  assert.deepEqual(story.get("invalidated"), { refreshed: true });
});
