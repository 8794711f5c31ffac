import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { Cli, ended } from "../support/cli.ts";
import { commandVariables, TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";

const people =
  '{"_id":1,"name":"张三","big":9007199254740993}\n{"_id":2,"name":"李四","half":1.0}\n';

/** A service, and the command as somebody has it who uses that service. */
async function opened(t: TestContext) {
  const folder = await tempFolder(t);
  const service = await TestService.start(t, join(folder, "data"));
  const cli = new Cli(folder, commandVariables(service));
  return { folder, service, cli };
}

suite("docferry on a service", () => {
  test("a file goes in and comes out, unpacked on the way, and leaves nothing behind", async (t) => {
    const { folder, cli } = await opened(t);
    await writeFile(join(folder, "people.json.gz"), gzipSync(people));
    const imported = await cli.run("import", "people.json.gz");
    assert.equal(imported.code, 0, imported.stderr);
    assert.match(
      imported.stdout,
      /^Done: import of people\.json\.gz to people in test-4a89da of http:.* \(job 1\)\n/,
    );
    assert.match(imported.stdout, /2 records in the file: 2 written \(2 new\), 0 failed/);
    const words = ["export", "-c", "people", "--sort", "{_id: -1}", "--quiet"];
    const exported = await cli.run(...words, "-q", '{"big":9007199254740993}');
    assert.deepEqual(exported, { code: 0, stdout: people.split("\n")[0] + "\n", stderr: "" });
    const csv = await cli.run(...words, "--type", "csv", "-f", "name,_id", "-o", "out.csv");
    assert.equal(csv.code, 0, csv.stderr);
    assert.equal(await readFile(join(folder, "out.csv"), "utf8"), "name,_id\n李四,2\n张三,1\n");
    assert.equal((await cli.run("files", "list", "--json")).stdout, "[]\n");
  });

  test("the forms of a service are those of a database file, and its job tells what they lose", async (t) => {
    const { cli } = await opened(t);
    const shell = '{ _id: 1, sum: "=1+1", n: NumberLong(5) }\n{ _id: 2, sum: "@x", n: true }\n';
    const taken = await cli.runWith(shell, "import", "-c", "sums", "--legacy");
    assert.equal(taken.code, 0, taken.stderr);
    const out = ["export", "-c", "sums"];
    const told = await cli.run(...out, "--type", "csv", "-o", "sums.csv");
    assert.match(told.stdout, /2 values will read back as another type \(--columnsHaveTypes/);
    assert.match(told.stdout, /2 cells begin with =, \+, - or @: a spreadsheet would run/);
    const json = await cli.run(...out, "-o", "sums.json", "--json");
    const { job, retyped, formulas } = JSON.parse(json.stdout) as Record<string, number>;
    assert.deepEqual({ retyped, formulas }, { retyped: 1, formulas: 0 });
    const { stdout } = await cli.run("jobs", "show", String(job), "--json");
    const { result } = JSON.parse(stdout) as { result: { retyped: number; formulas: number } };
    assert.deepEqual([result.retyped, result.formulas], [1, 0]);
    const lossless = await cli.run(...out, "--jsonFormat", "lossless", "--stable", "--quiet");
    const lines = '{"_id":1,"n":{"$numberLong":"5"},"sum":"=1+1"}\n{"_id":2,"n":true,"sum":"@x"}\n';
    assert.equal(lossless.stdout, lines);
    const typed = await cli.run(...out, "--type", "csv", "--typed", "--quiet");
    const back = ["import", "-c", "back", "--type", "csv", "--headerline", "--columnsHaveTypes"];
    assert.equal((await cli.runWith(typed.stdout, ...back)).code, 0);
    const again = ["export", "-c", "back", "--jsonFormat", "lossless", "--stable", "--quiet"];
    assert.equal((await cli.run(...again)).stdout, lines);
    const pretty = await cli.run(...out, "--jsonArray", "--pretty", "--limit", "1", "--quiet");
    assert.equal(pretty.stdout, '[{\n\t"_id": 1,\n\t"sum": "=1+1",\n\t"n": 5\n}]\n\n');
  });

  test("--drop drops nothing for a file whose header makes no documents", async (t) => {
    const { folder, cli } = await opened(t);
    await cli.runWith(people, "import", "-c", "people");
    const csv = ["import", "-c", "people", "--drop", "--type", "csv", "--headerline"];
    await writeFile(join(folder, "wrong.csv.gz"), gzipSync("a,a\n1,2\n"));
    const run = await cli.run(...csv, "wrong.csv.gz");
    assert.equal(run.code, 1);
    assert.match(run.stderr, /^docferry: Fields cannot be identical.* Nothing was dropped\n$/);
    const out = await cli.run("export", "-c", "people", "--sort", "{_id: 1}", "--quiet");
    assert.equal(out.stdout, people);
    assert.equal((await cli.run("files", "list", "--json")).stdout, "[]\n");
    assert.equal((await cli.runWith("_id\n7\n", ...csv)).code, 0);
    assert.equal((await cli.run("export", "-c", "people", "--quiet")).stdout, '{"_id":7}\n');
  });

  test("--drop drops the collection first, once, and only if nobody else is at work on it", async (t) => {
    const { folder, cli } = await opened(t);
    await writeFile(join(folder, "people.json"), people);
    const words = ["import", "people.json", "--drop"];
    assert.equal((await cli.run(...words)).code, 0, "there is nothing to drop");
    assert.equal((await cli.runWith('{"_id":9}\n', "import", "-c", "people")).code, 0);
    const run = await cli.run(...words);
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /2 records in the file: 2 written \(2 new\), 0 failed/);
    const out = () => cli.run("export", "-c", "people", "--sort", "{_id: 1}", "--quiet");
    assert.equal((await out()).stdout, people);

    // What goes on with its job does not drop what that job has written. It is at work for some starts of a command.
    const records = Array.from(
      { length: 800_000 },
      (_, n) => `{"_id":${n},"t":"${"x".repeat(80)}"}\n`,
    );
    await writeFile(join(folder, "many.json"), records.join(""));
    const child = cli.start("import", "many.json", "-c", "people", "--drop");
    const said = ended(child);
    for (;;) {
      const jobs = JSON.parse((await cli.run("jobs", "list", "--json")).stdout) as { id: number }[];
      if (jobs[0]?.id === 5) break;
    }
    const refused = await cli.run(...words);
    assert.equal(refused.code, 1, refused.stdout);
    assert.match(
      refused.stderr,
      /docferry: Collection people has jobs that have not ended: 5\nWait until these jobs have ended, or cancel them first/,
    );
    child.kill("SIGINT");
    assert.equal((await said).code, 130);
    const second = await cli.run("import", "many.json", "-c", "people", "--drop");
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stderr, /Going on with job 5, which the last run has submitted/);
    assert.match(second.stdout, /800,000 records in the file: 800,000 written/);
    assert.equal((await cli.run("files", "list", "--json")).stdout, "[]\n");
  });

  test("rejects come back, and the command that is named submits them", async (t) => {
    const { folder, cli } = await opened(t);
    await writeFile(join(folder, "p.json"), `${people}{oops\n{"_id":1}\n`);
    const run = await cli.run("import", "p.json", "--rejects", "broken.json");
    assert.equal(run.code, 3, run.stderr);
    assert.match(run.stdout, /failed: 1 json_syntax, 1 duplicate_id\n {4}line 3: /);
    assert.equal(await readFile(join(folder, "broken.json"), "utf8"), '{oops\n{"_id":1}\n');
    const [, again = ""] = /submit them again with\n {4}docferry (.*)\n/.exec(run.stdout) ?? [];
    assert.equal(again, "import -c p broken.json");
    await writeFile(join(folder, "broken.json"), '{"_id":3}\n');
    assert.equal((await cli.run(...again.split(" "))).code, 0);

    const why = await cli.run("jobs", "rejects", "1");
    assert.match(why.stdout, /^line 3: .* \(json_syntax\)\nline 4: .* \(duplicate_id\)\n$/);
    const raw = await cli.run("jobs", "rejects", "1", "--out", "-");
    assert.equal(raw.stdout, '{oops\n{"_id":1}\n');
    const retried = await cli.run("jobs", "retry", "1", "--json");
    const { id } = JSON.parse(retried.stdout) as { id: number };
    const watched = await cli.run("jobs", "watch", String(id));
    assert.equal(watched.code, 3, watched.stderr);
    assert.match(watched.stdout, /records {5}2, 2 failed/);
  });

  test("jobs are listed and shown, a wrong id is told in one sentence", async (t) => {
    const { cli } = await opened(t);
    for (let n = 0; n < 3; n++) await cli.runWith(`{"_id":${n}}\n`, "import", "-c", "rows");
    const table = await cli.run("jobs", "list", "--limit", "2");
    assert.match(table.stdout, /^ID +TYPE.*\n 3 +import +succeeded +1 +0 +rows.*\n 2 .*\n$/);
    const jobs = JSON.parse((await cli.run("jobs", "list", "--json")).stdout) as { id: number }[];
    assert.deepEqual(
      jobs.map(({ id }) => id),
      [3, 2, 1],
    );
    assert.match(
      (await cli.run("jobs", "show", "2")).stdout,
      /^job {9}2, import of json in test-4a89da\nstate {7}succeeded\n/,
    );
    assert.match((await cli.run("jobs", "cancel", "2")).stdout, /^Job 2 is succeeded\n$/);
    const nobody = await cli.run("jobs", "show", "99");
    assert.equal(nobody.code, 1);
    assert.match(
      nobody.stderr,
      /^docferry: no job 99 in this environment\n.* \(request [0-9a-f-]+\)\n$/,
    );
    const wrong = await cli.run("jobs", "show", "x");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /command-argument value 'x' is invalid.*whole number/);
    const unknown = await cli.run("jobs", "lst");
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /Did you mean list\?/);
  });

  test("files go up, down, are listed and removed", async (t) => {
    const { folder, cli } = await opened(t);
    await writeFile(join(folder, "people.json"), people);
    const put = await cli.run("files", "put", "people.json", "in/张三.json");
    assert.match(put.stdout, /^in\/张三\.json: 86 B, MD5 [0-9a-f]{32}\n$/);
    assert.equal((await cli.runWith(people, "files", "put", "-", "in/two.json")).code, 0);
    assert.equal((await cli.run("files", "get", "in/张三.json")).stdout, people);
    assert.equal((await cli.run("files", "get", "in/two.json", "-o", "down.json")).code, 0);
    assert.equal(await readFile(join(folder, "down.json"), "utf8"), people);
    assert.match(
      (await cli.run("files", "list", "in/")).stdout,
      /^NAME.*\nin\/two\.json +86 .*\nin\/张三\.json +86 /,
    );
    assert.equal((await cli.run("files", "remove", "in/two.json")).code, 0);
    const gone = await cli.run("files", "get", "in/two.json", "-o", "none.json");
    assert.match(gone.stderr, /^docferry: There is no such file\n/);
    await assert.rejects(readFile(join(folder, "none.json")));
    assert.match((await cli.run("files", "put", "nowhere")).stderr, /There is no file nowhere/);
  });

  test("Ctrl-C leaves the job to the service, and the same command watches it on", async (t) => {
    const { folder, cli } = await opened(t);
    const records = Array.from(
      { length: 150_000 },
      (_, n) => `{"n":${n},"t":"${"x".repeat(80)}"}\n`,
    );
    await writeFile(join(folder, "many.json"), records.join(""));
    const child = cli.start("import", "many.json");
    const said = ended(child);
    for (;;) {
      const { stdout } = await cli.run("jobs", "list", "--json");
      if (stdout.startsWith("[{")) break;
    }
    child.kill("SIGINT");
    const stopped = await said;
    assert.equal(stopped.code, 130, stopped.stdout);
    assert.match(stopped.stderr, /The service goes on with job 1\. docferry jobs watch 1 shows it/);
    const second = await cli.run("import", "many.json");
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stderr, /Going on with job 1, which the last run has submitted/);
    assert.match(second.stdout, /150,000 records in the file: 150,000 written/);
  });

  test("a service that is down, or is none, gets one sentence", async (t) => {
    const cli = new Cli(await tempFolder(t), { DOCFERRY_ENV_ID: "e", DOCFERRY_TOKEN: "t" });
    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<p>Welcome</p>");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const html = await cli.run("jobs", "list", "--server", address);
    assert.equal(html.code, 1);
    assert.match(
      html.stderr,
      /^docferry: http:.* answers 200 with text\/html: it is no docferry service/,
    );
    server.close();
    server.closeAllConnections();
    const down = await cli.run("jobs", "list", "--server", address);
    assert.equal(down.code, 1);
    assert.match(down.stderr, /^docferry: Cannot reach http:.*: nobody listens there\n$/);
    const nothing = await cli.run("jobs", "list");
    assert.equal(nothing.code, 2);
    assert.match(nothing.stderr, /--server is missing/);
  });

  test("a token that is wrong is told with what to do", async (t) => {
    const { cli } = await opened(t);
    const run = await cli.run("jobs", "list", "--token", "nonsense");
    assert.equal(run.code, 1);
    assert.match(run.stderr, /^docferry: .*token.*\nGet a new access token \(request /);
    const other = await cli.run("jobs", "list", "--env", "other-1");
    assert.match(other.stderr, /has no environment "other-1"/);
  });
});
