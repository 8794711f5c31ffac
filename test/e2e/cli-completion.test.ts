import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { Cli } from "../support/cli.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { bash, fish } from "../support/tools.ts";

const run = promisify(execFile);

/** The script for a shell, in a file. */
async function scriptFor(t: TestContext, shell: string): Promise<string> {
  const folder = await tempFolder(t);
  const { code, stdout } = await new Cli(folder).run("completion", shell);
  assert.equal(code, 0);
  const file = join(folder, `docferry.${shell}`);
  await writeFile(file, stdout);
  return file;
}

test(
  "bash completes commands, those within them, and their options",
  { skip: bash.missing },
  async (t) => {
    const file = await scriptFor(t, "bash");
    const completed = async (...words: string[]) => {
      const typed = words.map((word) => `'${word}'`).join(" ");
      const script = `source '${file}'; COMP_WORDS=(docferry ${typed}); COMP_CWORD=${words.length}; _docferry; echo "\${COMPREPLY[*]}"`;
      return (await run(bash.path, ["--norc", "-c", script])).stdout.trim();
    };
    assert.equal(await completed("impo"), "import");
    assert.equal(await completed("jobs", "wat"), "watch");
    assert.equal(await completed("export", "--jsonF"), "--jsonFormat");
  },
);

test("fish completes the same, and the values of an option", { skip: fish.missing }, async (t) => {
  const file = await scriptFor(t, "fish");
  const completed = async (typed: string) => {
    const { stdout } = await run(fish.path, [
      "-N",
      "-c",
      `source '${file}'; complete -C '${typed}'`,
    ]);
    return stdout.split("\n").map((line) => line.split("\t")[0]);
  };
  assert.ok((await completed("docferry impo")).includes("import"));
  assert.ok((await completed("docferry jobs wat")).includes("watch"));
  assert.ok((await completed("docferry jobs list --state succ")).includes("succeeded"));
});
