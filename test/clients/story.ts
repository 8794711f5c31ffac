import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { nativeAccount as account, NativeService } from "../support/native.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** What a client found, step by step. */
export type Story = Map<string, Record<string, unknown>>;

const records = [
  '{"_id":"user_001","name":"张三","age":25,"big":9007199254740993,"half":1.0}',
  '{"_id":"user_002","name":"李四","age":30}',
  '{"_id":"user_003","name":"unfinished',
];

export interface Client {
  /** The program, started in a service's own environment: command and arguments. */
  command: string;
  args: string[];
  variables?: Record<string, string>;
}

/**
 * What all clients of the vendor's do here: a collection is made and listed, a file goes up, is imported with a record that
 * fails, the job polled to its end and its reject file read; the token is ended on the server between two calls; an export is
 * polled and read; the file is downloaded by its id; an unknown job has its code; file and collection are removed. Checks what
 * each must find, and answers it all for what is a client's own.
 */
export async function tellStory(t: TestContext, client: Client): Promise<Story> {
  const folder = await tempFolder(t);
  await using api = await NativeService.start();
  const file = join(folder, "people 中.json");
  await writeFile(file, `${records.join("\n")}\n`);
  const story = await run(client, api, {
    DOCFERRY_URL: api.service.address,
    DOCFERRY_APP_ID: account.appId,
    DOCFERRY_APP_SECRET: account.appSecret,
    DOCFERRY_ENV_ID: account.envId,
    STORY_COLLECTION: "people",
    STORY_FILE: file,
    STORY_QUERY: "db.collection('people').where({age: _.gt(26)}).field({age: false}).get()",
    ...client.variables,
  });

  assert.deepEqual(story.get("collections"), { total: 1, names: ["people"] });
  const { message, ...imported } = story.get("import") ?? {};
  assert.deepEqual(imported, {
    status: "success",
    success: 2,
    fail: 1,
    text: `${records[2]}\n`,
  });
  assert.match(String(message), /^Import completed\. 1 record failed\. Line 3: /);
  assert.deepEqual(story.get("export"), {
    status: "success",
    success: 1,
    fail: 0,
    message: "Export completed.",
    text: '{"_id":"user_002","name":"李四"}\n',
  });
  assert.deepEqual(story.get("download"), { file_id: true, text: `${records.join("\n")}\n` });
  assert.deepEqual(story.get("unknown job"), { code: 40097 });
  assert.deepEqual(story.get("deleted"), { status: 0 });
  return story;
}

async function run(
  { command, args }: Client,
  api: NativeService,
  variables: Record<string, string>,
): Promise<Story> {
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...variables },
  });
  const exit = once(child, "exit");
  const story: Story = new Map();
  for await (const line of createInterface({ input: child.stdout })) {
    const { step, ...found } = JSON.parse(line) as { step: string };
    story.set(step, found);
    if (step === "invalidate") {
      // A rotation ends every token that is out; to the same secret, as the client has no other.
      const rotated = await api.admin("POST", `apps/${account.appId}/secret`, {
        secret: account.appSecret,
      });
      assert.equal(rotated.status, 200, rotated.text);
      child.stdin.write("\n");
    }
  }
  assert.deepEqual(await exit, [0, null]);
  return story;
}
