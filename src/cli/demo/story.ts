import { join } from "node:path";
import { Docferry } from "#client";
import { CommandError } from "../command-errors.ts";
import { bytesText, countText, durationText } from "../progress/words.ts";
import type { DemoService } from "./demo-service.ts";
import { type PlacesFile, placesFile, zipCodes } from "./places.ts";
import { digestOfCollection, digestOfFile } from "./proof.ts";
import type { Screen } from "./screen.ts";
import { watch } from "./watch.ts";

/** The way of a file into a service and out of it, through a crash; each step really happens. */
export async function tellStory(
  service: DemoService,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now();
  const client = new Docferry({ server: service.address, ...service.account });
  const story: Story = { service, client, screen, signal };
  screen.say(
    `A service of its own runs at ${service.address}, started with docferry serve. Its answers to databasemigratequeryinfo are shown as they change.`,
  );
  const places = await importThroughCrash(story);
  await mendReject(story, places);
  await keepZeros(story);
  await queryToFile(story, places);
  await prove(story, places);
  screen.say(`${durationText((performance.now() - began) / 1000)} in all.`);
}

interface Story {
  service: DemoService;
  client: Docferry;
  screen: Screen;
  signal: AbortSignal;
}

/** What stands in a collection, and the job that brought it there. */
interface Places {
  collection: string;
  file: PlacesFile;
  jobId: number;
}

/** Imports places and kills the service meanwhile; with more of them where the machine was too quick to be caught. */
async function importThroughCrash(story: Story): Promise<Places> {
  const { screen } = story;
  screen.heading("1. A file goes in, and the service is killed meanwhile");
  for (let copies = 1; copies <= 64; copies *= 2) {
    const file = placesFile(copies);
    const collection = copies === 1 ? "places" : `places_x${copies}`;
    const jobId = await importThroughKill(story, file, collection);
    if (jobId !== null) return { collection, file, jobId };
    screen.say("That was done before the service could be killed. Once more, with twice as many.");
  }
  throw new CommandError("No import took long enough to be killed in its middle");
}

/** @returns null where the import was done before */
async function importThroughKill(
  { service, client, screen }: Story,
  places: PlacesFile,
  collection: string,
): Promise<number | null> {
  const { wechat } = client;
  await wechat.uploadFile("places.jsonl", places.content);
  const total = places.lines;
  screen.say(
    `Uploaded places.jsonl: ${countText(total)} places of the world, a line each, ${bytesText(places.content.size)}; line ${countText(places.broken.line)} is broken on purpose.`,
  );
  const id = await wechat.databaseMigrateImport({
    collection_name: collection,
    file_path: "places.jsonl",
    file_type: 1,
    stop_on_error: false,
    conflict_mode: 1,
  });
  const job = { id, kind: "import", total } as const;
  const isCaught = (status: string, success: number) => status === "writing" && success > 0;
  const before = await watch(wechat, job, screen, (answer) =>
    isCaught(answer.status, answer.record_success),
  );
  if (!isCaught(before.status, before.record_success)) return null;
  screen.say(`kill -9 ${service.process}: the service is gone, in the middle of job ${id}.`);
  await service.kill();
  await service.startAgain();
  screen.say(`Started again on the same data, as process ${service.process}. The job goes on:`);
  const after = await watch(wechat, job, screen);
  if (after.record_success !== total - 1 || after.record_fail !== 1) {
    throw new CommandError("The counts are not those of the file");
  }
  screen.good(
    `${countText(after.record_success)} written + 1 failed = ${countText(total)} lines of the file: nothing is lost, nothing is there twice.`,
  );
  return id;
}

async function mendReject({ client, screen }: Story, { collection, file, jobId }: Places) {
  screen.heading("2. One bad line costs one record, which comes back");
  const handle = client.jobs.at(jobId);
  for await (const { line, code, message, raw } of handle.rejects()) {
    screen.say(`Line ${countText(line)}: ${message} (${code})`);
    screen.data(raw ?? "");
  }
  screen.say("Mended, and submitted again:");
  const { broken } = file;
  screen.data(broken.mended);
  const rejected = await new Response(await handle.rejectFile()).text();
  const mended = rejected.replace(broken.text, broken.mended);
  await client.wechat.uploadFile("mended.jsonl", new Blob([mended]));
  const id = await client.wechat.databaseMigrateImport({
    collection_name: collection,
    file_path: "mended.jsonl",
    file_type: 1,
    stop_on_error: false,
    conflict_mode: 1,
  });
  await watch(client.wechat, { id, kind: "import", total: 1 }, screen);
}

async function keepZeros(story: Story): Promise<void> {
  const { client, screen } = story;
  screen.heading("3. A CSV keeps its leading zeros");
  const { content, rows } = zipCodes();
  await client.wechat.uploadFile("zipcodes.csv", content);
  screen.say(`Uploaded zipcodes.csv: ${countText(rows)} rows.`);
  const id = await client.wechat.databaseMigrateImport({
    collection_name: "zipcodes",
    file_path: "zipcodes.csv",
    file_type: 2,
    stop_on_error: false,
    conflict_mode: 1,
  });
  await watch(client.wechat, { id, kind: "import", total: rows }, screen);
  const query =
    "db.collection('zipcodes').where({city: 'Boston', state: 'MA'}).orderBy('zip_code', 'asc').limit(3).field({zip_code: true, city: true, latitude: true}).get()";
  screen.say("And out again, three of them:");
  screen.data(query);
  const url = await exported(story, { path: "boston.csv", type: 2, query, total: 3 });
  screen.data((await (await fetch(url)).text()).trimEnd());
}

async function queryToFile(story: Story, { collection }: Places): Promise<void> {
  const { screen } = story;
  screen.heading("4. A query comes out as a file");
  const query = `db.collection('${collection}').where({country: _.in(['IS', 'FO', 'GL']), name: /^S/}).orderBy('name', 'asc').get()`;
  screen.data(query);
  const url = await exported(story, { path: "nordic.jsonl", type: 1, query, total: null });
  const lines = (await (await fetch(url)).text()).trimEnd().split("\n");
  screen.data([...lines.slice(0, 3), `… ${lines.length} documents`].join("\n"));
}

async function prove(story: Story, { collection, file: { lines } }: Places): Promise<void> {
  const { service, screen } = story;
  screen.heading("5. All of it comes out, and the file equals the collection");
  const url = await exported(story, {
    path: "all-places.jsonl",
    type: 1,
    query: `db.collection('${collection}').get()`,
    total: lines,
  });
  const ofFile = await digestOfFile(downloaded(url, story));
  screen.say(`content digest of the file\n  ${ofFile}`);
  const data = join(service.folder, "data");
  const ofCollection = await digestOfCollection(data, service.account.environment, collection);
  screen.say(`content digest of the collection\n  ${ofCollection}`);
  if (ofFile !== ofCollection || !ofFile.startsWith(`docferry1:${lines}:`)) {
    throw new CommandError("The file and the collection differ");
  }
  screen.good(
    `Proved: they hold the same ${countText(lines)} documents, as many as there were lines.`,
  );
}

/** Exports what a query finds. @returns the address of the file */
async function exported(
  { client, screen }: Story,
  order: { path: string; type: 1 | 2; query: string; total: number | null },
): Promise<string> {
  const id = await client.wechat.databaseMigrateExport({
    file_path: order.path,
    file_type: order.type,
    query: order.query,
  });
  const job = { id, kind: "export", total: order.total } as const;
  return (await watch(client.wechat, job, screen)).file_url;
}

async function* downloaded(url: string, { screen, signal }: Story): AsyncGenerator<Uint8Array> {
  const response = await fetch(url, { signal });
  const totalBytes = Number(response.headers.get("content-length"));
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    screen.progress("download", {
      phase: "",
      records: null,
      rejects: 0,
      bytes,
      totalBytes,
      totalRecords: null,
      stalled: null,
    });
    yield piece;
  }
}
