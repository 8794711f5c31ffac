import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { tellStory } from "../clients/story.ts";
import { tempFolder } from "../support/temp-folder.ts";

const program = fileURLToPath(new URL("../clients/node/story.ts", import.meta.url));

test("node-easywechat ferries, and hears that its token ended", async (t) => {
  const story = await tellStory(t, {
    command: process.execPath,
    args: [program],
    variables: { STORY_CACHE: await tempFolder(t) },
  });
  assert.deepEqual(story.get("invalidated"), { code: 40001, refreshed: 0 });
});
