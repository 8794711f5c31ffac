import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { tempFolder } from "../support/temp-folder.ts";
import { tellStory } from "./story.ts";

const sources = fileURLToPath(new URL("go/", import.meta.url));

test("silenceper/wechat for Go ferries, and hears that its token ended", async (t) => {
  const program = join(await tempFolder(t), "story");
  execFileSync("go", ["build", "-o", program, "."], { cwd: sources, stdio: "inherit" });
  const story = await tellStory(t, { command: program, args: [] });
  assert.deepEqual(story.get("invalidated"), { code: 40001 });
});
