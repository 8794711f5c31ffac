// The story that ../story.ts tells, through node-easywechat as it is published: `http.baseURL` points it here. Prints a line of
// JSON a step.

import { readFileSync } from "node:fs";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { MiniApp } from "node-easywechat";

const { env: variables } = process;
const env = variables["DOCFERRY_ENV_ID"] ?? "";
const collection = variables["STORY_COLLECTION"] ?? "";

const app = new MiniApp({
  app_id: variables["DOCFERRY_APP_ID"] ?? "",
  secret: variables["DOCFERRY_APP_SECRET"] ?? "",
  http: { baseURL: `${variables["DOCFERRY_URL"]}/` },
  file_cache: { path: variables["STORY_CACHE"] ?? "", dirMode: 0o700, fileMode: 0o600, ext: "" },
});

// oxlint-disable-next-line typescript/no-explicit-any -- it declares its answers as any
type Answer = any;

async function call(name: string, body: object): Promise<Answer> {
  const response = await app.getClient().postJson(`/tcb/${name}`, { env, ...body });
  return response.toObject();
}

async function tellEnd(step: string, jobId: number): Promise<void> {
  for (let look = 0; look < 600; look++) {
    const info = await call("databasemigratequeryinfo", { job_id: jobId });
    if (info.status === "success" || info.status === "fail") {
      const text = info.file_url === "" ? "" : await (await fetch(info.file_url)).text();
      const { status, record_success: success, record_fail: fail, error_msg: message } = info;
      tell(step, { status, success, fail, message, text });
      return;
    }
    await sleep(100);
  }
  throw new Error(`job ${jobId} has not ended after a minute`);
}

async function upload(path: string): Promise<string> {
  const ticket = await call("uploadfile", { path });
  const form = new FormData();
  form.set("key", path);
  form.set("Signature", ticket.authorization);
  form.set("x-cos-security-token", ticket.token);
  form.set("x-cos-meta-fileid", ticket.cos_file_id);
  form.set("file", new Blob([readFileSync(variables["STORY_FILE"] ?? "")]));
  const answer = await fetch(ticket.url, { method: "POST", body: form });
  if (answer.status !== 204) throw new Error(await answer.text());
  return ticket.file_id;
}

function tell(step: string, found: object = {}): void {
  process.stdout.write(`${JSON.stringify({ step, ...found })}\n`);
}

await call("databasecollectionadd", { collection_name: collection });
const listed = await call("databasecollectionget", {});
tell("collections", {
  total: listed.pager.Total,
  names: listed.collections.map((one: { name: string }) => one.name),
});

const path = `in/${collection} 中.json`;
const fileId = await upload(path);
const imported = await call("databasemigrateimport", {
  collection_name: collection,
  file_path: path,
  file_type: 1,
  stop_on_error: false,
  conflict_mode: 1,
});
await tellEnd("import", imported.job_id);

tell("invalidate");
await once(process.stdin, "data");
process.stdin.destroy();
// It neither fails nor fetches another token by itself: the answer has the code, and its user refreshes.
const refused = await call("databasemigratequeryinfo", { job_id: imported.job_id });
await (app.getAccessToken() as Answer).refresh();
const again = await call("databasemigratequeryinfo", { job_id: imported.job_id });
tell("invalidated", { code: refused.errcode, refreshed: again.errcode });

const exported = await call("databasemigrateexport", {
  file_path: `out/${collection}.json`,
  file_type: 1,
  query: variables["STORY_QUERY"],
});
await tellEnd("export", exported.job_id);

const links = await call("batchdownloadfile", { file_list: [{ fileid: fileId, max_age: 60 }] });
const [link] = links.file_list;
const text = await (await fetch(link.download_url)).text();
tell("download", { file_id: link.fileid === fileId, text });
const unknown = await call("databasemigratequeryinfo", { job_id: 2147483647 });
tell("unknown job", { code: unknown.errcode });
const deleted = await call("batchdeletefile", { fileid_list: [fileId] });
await call("databasecollectiondelete", { collection_name: collection });
tell("deleted", { status: deleted.delete_list[0].status });
