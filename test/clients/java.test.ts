import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { tempFolder } from "../support/temp-folder.ts";
import { tellStory } from "./story.ts";

const sources = fileURLToPath(new URL("java/", import.meta.url));

test("WxJava ferries with both kinds of token, and fetches one anew that ended", async (t) => {
  const folder = await tempFolder(t);
  await cp(join(sources, "pom.xml"), join(folder, "pom.xml"));
  await cp(join(sources, "src"), join(folder, "src"), { recursive: true });
  const goals = ["compile", "dependency:copy-dependencies"];
  execFileSync("mvn", ["-q", "-B", ...goals], { cwd: folder, stdio: "inherit" });
  const classpath = `${join(folder, "target/classes")}:${join(folder, "target/dependency/*")}`;
  for (const token of ["plain", "stable"]) {
    const story = await tellStory(t, {
      command: "java",
      args: ["-cp", classpath, "Story"],
      variables: { STORY_TOKEN: token },
    });
    assert.deepEqual(story.get("invalidated"), { refreshed: true });
  }
});
