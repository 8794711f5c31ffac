import assert from "node:assert/strict";
import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { Cli, ended } from "../support/cli.ts";
import { account, TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";

const people = [
  '{"_id":1,"name":"张三","big":9007199254740993,"half":1.0}',
  '{"_id":2,"name":"李四","a.b":{"$oid":"0123456789abcdef01234567"}}',
  '{"_id":3,"name":"王五","tags":["a",{"b":null}]}',
];
const peopleText = `${people.join("\n")}\n`;
const shop = "sqlite:shop.sqlite";

suite("docferry import and export on a database file", () => {
  test("a file goes in and comes out byte for byte", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    await writeFile(join(folder, "people.json"), peopleText);
    const imported = await cli.run("import", "--to", shop, "people.json");
    assert.equal(imported.code, 0, imported.stderr);
    assert.match(imported.stdout, /^Done: import of people\.json to people in shop\.sqlite\n/);
    assert.match(imported.stdout, /3 records in the file: 3 written \(3 new\), 0 failed/);
    assert.deepEqual(await cli.run("export", "--from", shop, "-c", "people", "--quiet"), {
      code: 0,
      stdout: peopleText,
      stderr: "",
    });
    const toFile = await cli.run("export", "--from", shop, "-c", "people", "-o", "new/out.json");
    assert.match(toFile.stdout, /3 documents written/);
    assert.equal(await readFile(join(folder, "new/out.json"), "utf8"), peopleText);
    assert.deepEqual(readdirSync(join(folder, "new")), ["out.json"]);
    // Nothing is left of commands that came to their end.
    assert.deepEqual(readdirSync(join(folder, "state/jobs")), []);
  });

  test("the summary adds up, and the command that it names submits the mended rejects", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    const lines = [people[0], "{oops", people[1], people[0], '{"_id":4,', people[2], "5"];
    await writeFile(join(folder, "people.json"), lines.join("\n"));
    const run = await cli.run("import", "--to", shop, "people.json");
    assert.equal(run.code, 3, run.stderr);
    assert.match(run.stdout, /7 records in the file: 3 written \(3 new\), 4 failed/);
    assert.match(
      run.stdout,
      /line 2: .*\n {4}line 4: .* \(duplicate_id\)\n {4}line 5: .*\n {4}… and 1 more/,
    );
    const [, rejects = ""] = /The records that failed are in (\S+)/.exec(run.stdout) ?? [];
    assert.equal(await readFile(rejects, "utf8"), `{oops\n${people[0]}\n{"_id":4,\n5\n`);
    const reasons = (await readFile(`${rejects}.errors.jsonl`, "utf8")).trimEnd().split("\n");
    assert.deepEqual(
      reasons.map((line) => (JSON.parse(line) as { line: number }).line),
      [2, 4, 5, 7],
    );
    await writeFile(rejects, '{"_id":4}\n{"_id":5}\n');
    const [, again = ""] = /submit them again with\n {4}docferry (.*)\n/.exec(run.stdout) ?? [];
    const second = await cli.run(...again.split(" "));
    assert.equal(second.code, 0, second.stderr);
    const out = await cli.run("export", "--from", shop, "-c", "people");
    assert.equal(out.stdout, `${peopleText}{"_id":4}\n{"_id":5}\n`);
  });

  test("--json tells the same to machines", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    const run = await cli.runWith(
      `${peopleText}{oops\n`,
      "import",
      "--to",
      shop,
      "-c",
      "p",
      "--json",
    );
    assert.equal(run.code, 3);
    const end = JSON.parse(run.stdout) as Record<string, unknown>;
    const { type, state, from, to, records, written, failed, error } = end;
    assert.deepEqual(
      { type, state, from, to, records, written, failed, error },
      {
        type: "import",
        state: "succeeded",
        from: "stdin",
        to: "p in shop.sqlite",
        records: 4,
        written: { inserted: 3, updated: 0, unchanged: 0, deleted: 0 },
        failed: 1,
        error: null,
      },
    );
    assert.deepEqual((end["failures"] as { first: { line: number }[] }).first[0]?.line, 4);
  });

  for (const [name, pack] of [
    ["gz", gzipSync],
    ["zst", zstdCompressSync],
  ] as const) {
    test(`a packed file is known by its first bytes, whatever it is called (${name})`, async (t) => {
      const folder = await tempFolder(t);
      const cli = new Cli(folder);
      await writeFile(join(folder, "packed"), pack(Buffer.from(peopleText)));
      const run = await cli.run("import", "--to", shop, "-c", "people", "packed");
      assert.equal(run.code, 0, run.stderr);
      const fromStdin = await cli.runWith(
        pack(Buffer.from(peopleText)),
        "import",
        "--to",
        shop,
        "-c",
        "again",
        "--file",
        "-",
      );
      assert.equal(fromStdin.code, 0, fromStdin.stderr);
      assert.equal((await cli.run("export", "--from", shop, "-c", "again")).stdout, peopleText);
      const packed = pack(Buffer.from(peopleText));
      await writeFile(join(folder, "torn"), packed.subarray(0, packed.length - 12));
      const torn = await cli.run("import", "--to", shop, "-c", "torn", "torn");
      assert.equal(torn.code, 1);
      assert.match(torn.stderr, /^docferry: torn cannot be unpacked: /);
    });
  }

  test("an export is packed where its name says so", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    await cli.runWith(peopleText, "import", "--to", shop, "-c", "people");
    const run = await cli.run("export", "--from", shop, "-c", "people", "-o", "out.json.gz");
    assert.equal(run.code, 0, run.stderr);
    assert.equal(gunzipSync(await readFile(join(folder, "out.json.gz"))).toString(), peopleText);
  });

  test("queries, sorts, limits and fields are those of mongoexport", async (t) => {
    const cli = new Cli(await tempFolder(t));
    const rows = "name,age\nann,31\nbob,42\ncyd,27\ndan,42\n";
    const run = await cli.runWith(
      rows,
      "import",
      "--to",
      shop,
      "-c",
      "rows",
      "--type",
      "CSV",
      "--headerline",
    );
    assert.equal(run.code, 0, run.stderr);
    const out = (...words: string[]) => cli.run("export", "--from", shop, "-c", "rows", ...words);
    const csv = await out("--type", "csv", "-f", "name,age", "--sort", "{age: -1, name: 1}");
    assert.equal(csv.stdout, "name,age\nbob,42\ndan,42\nann,31\ncyd,27\n");
    const limited = await out(
      "--csv",
      "-f",
      "name",
      "--sort",
      '{"age":1}',
      "--skip",
      "1",
      "--limit",
      "1",
      "--noHeaderLine",
    );
    assert.equal(limited.stdout, "ann\n");
    const filtered = await out("-q", '{"age":{"$gt":40}}', "--type", "csv", "-f", "name");
    assert.equal(filtered.stdout, "name\nbob\ndan\n");
    const array = await out(
      "--query",
      '{"name":"ann"}',
      "-f",
      "age",
      "--jsonArray",
      "--jsonFormat",
      "canonical",
    );
    assert.match(
      array.stdout,
      /^\[\{"_id":\{"\$oid":"[0-9a-f]{24}"\},"age":\{"\$numberInt":"31"\}\}\]\n$/,
    );
    const chain = "db.collection('rows').where({age: 27}).field({name: true, _id: false}).get()";
    const stated = await cli.run("export", "--from", shop, "--statement", chain);
    assert.equal(stated.stdout, '{"name":"cyd"}\n');
  });

  test("a database file is one file when nothing works on it, and can be one of a data folder", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    await cli.runWith(peopleText, "import", "--to", shop, "-c", "people");
    const left = readdirSync(folder).filter((name) => name.startsWith("shop"));
    assert.deepEqual(left, ["shop.sqlite", "shop.sqlite.lock"]);
    const service = await TestService.start(t, join(folder, "data"));
    const inside = `sqlite:data/environments/${account.environment}.sqlite`;
    const refused = await cli.runWith(peopleText, "import", "--to", inside, "-c", "people");
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /Data folder .*data is in use by another docferry \(process \d+\)/,
    );
    await service.stop();
    const taken = await cli.runWith(peopleText, "import", "--to", inside, "-c", "people");
    assert.equal(taken.code, 0, taken.stderr);
    assert.equal((await cli.run("export", "--from", inside, "-c", "people")).stdout, peopleText);
  });

  const noScript = spawnSync("script", ["--version"]).error ? "there is no script(1)" : false;
  test("on a terminal the bar fits however narrow it is", { skip: noScript }, async (t) => {
    const folder = await tempFolder(t);
    await writeFile(join(folder, "many.json"), manyRecords(20_000));
    const command = fileURLToPath(new URL("../../bin/docferry", import.meta.url));
    for (const columns of [100, 20]) {
      const line = `stty cols ${columns}; exec ${command} import --to sqlite:t${columns}.sqlite many.json`;
      const { stdout } = spawnSync("script", ["-qec", line, "/dev/null"], {
        cwd: folder,
        env: { ...process.env, DOCFERRY_STATE: join(folder, "state"), NO_COLOR: "1" },
        encoding: "utf8",
      });
      const drawn = stdout.split("\r\u001b[2K").slice(1, -1);
      assert.ok(drawn.length > 0, stdout);
      for (const text of drawn) assert.ok(text.length < columns, `${columns} columns: ${text}`);
      assert.match(stdout, /20,000 records in the file/);
    }
  });

  test("a typed CSV loses nothing, and what the shell writes is read with --legacy", async (t) => {
    const cli = new Cli(await tempFolder(t));
    const shell =
      '{ _id: ObjectId("0123456789abcdef01234567"), at: ISODate("2020-01-02T03:04:05Z"), n: NumberLong(5) }\n';
    const refused = await cli.runWith(shell, "import", "--to", shop, "-c", "shell");
    assert.equal(refused.code, 3);
    const taken = await cli.runWith(shell, "import", "--to", shop, "-c", "shell", "--legacy");
    assert.equal(taken.code, 0, taken.stderr);
    const lossless = (collection: string) =>
      cli.run("export", "--from", shop, "-c", collection, "--jsonFormat", "lossless", "--stable");
    const csv = await cli.run("export", "--from", shop, "-c", "shell", "--type", "csv", "--typed");
    const first = (await lossless("shell")).stdout;
    assert.match(first, /"n":\{"\$numberLong":"5"\}/);
    for (const options of [["--typed"], ["--headerline", "--columnsHaveTypes"]]) {
      const into = ["import", "--to", shop, "-c", "again", "--drop", "--type", "csv", ...options];
      const again = await cli.runWith(csv.stdout, ...into);
      assert.equal(again.code, 0, again.stderr);
      assert.equal((await lossless("again")).stdout, first);
    }
    const named = ["import", "--to", shop, "-c", "again", "--type", "csv", "--typed", "-f", "a"];
    const both = await cli.runWith(csv.stdout, ...named);
    assert.equal(both.code, 2);
    assert.match(both.stderr, /--typed excludes --fields/);
  });

  test("a CSV of another dialect is read as it is told", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    await writeFile(join(folder, "p.csv"), "\ufeff_id;name;n\r\n1;'a;b';1,5\r\n2;'it''s';7\r\n");
    const csv = ["import", "--to", shop, "--type", "csv", "--headerline"];
    const run = await cli.run(...csv, "--separator", ";", "--quote", "'", "p.csv");
    assert.equal(run.code, 0, run.stderr + run.stdout);
    assert.equal(
      (await cli.run("export", "--from", shop, "-c", "p", "--quiet")).stdout,
      '{"_id":1,"name":"a;b","n":"1,5"}\n{"_id":2,"name":"it\'s","n":7}\n',
    );
    const refused = await cli.run(...csv, "--separator", ";;", "p.csv");
    assert.deepEqual([refused.code, refused.stdout], [2, ""]);
    assert.match(refused.stderr, /A separator is one character of ASCII.*not ";;"/);
    assert.match((await cli.run(...csv, "--quote", ",", "p.csv")).stderr, /both ","/);
  });

  test("an export tells what will not come back and what a spreadsheet would run", async (t) => {
    const cli = new Cli(await tempFolder(t));
    const sums = '{"_id":1,"sum":"=1+1","n":{"$numberLong":"5"}}\n{"_id":2,"sum":"@x","n":true}\n';
    await cli.runWith(sums, "import", "--to", shop, "-c", "sums");
    const out = ["export", "--from", shop, "-c", "sums", "--type", "csv", "-o", "sums.csv"];
    const told = await cli.run(...out);
    assert.match(told.stdout, /2 values will read back as another type \(--columnsHaveTypes/);
    assert.match(told.stdout, /2 cells begin with =, \+, - or @: a spreadsheet would run/);
    const json = await cli.run(...out, "--json");
    const { retyped, formulas, format } = JSON.parse(json.stdout) as Record<string, unknown>;
    assert.deepEqual({ retyped, formulas, format }, { retyped: 2, formulas: 2, format: "csv" });
    const typed = await cli.run(...out, "--typed");
    assert.doesNotMatch(typed.stdout, /another type/);
  });

  test("--drop empties the collection first, --stopOnError ends at the first failure", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    await cli.runWith(peopleText, "import", "--to", shop, "-c", "people");
    const dropped = await cli.runWith(
      '{"_id":9}\n',
      "import",
      "--to",
      shop,
      "-c",
      "people",
      "--drop",
    );
    assert.equal(dropped.code, 0, dropped.stderr);
    assert.equal((await cli.run("export", "--from", shop, "-c", "people")).stdout, '{"_id":9}\n');
    const text = '{"_id":10}\n{oops\n{"_id":11}\n';
    const stopped = await cli.runWith(
      text,
      "import",
      "--to",
      shop,
      "-c",
      "people",
      "--stopOnError",
    );
    assert.equal(stopped.code, 1);
    assert.match(stopped.stdout, /^Failed: .*: Stopped at the first record that failed\n/);
    assert.match(stopped.stdout, /2 records looked at: 1 written \(1 new\), 1 failed/);
  });
});

/** Records without `_id`: what is imported twice is there twice. */
function manyRecords(count: number): string {
  return Array.from({ length: count }, (_, i) => `{"n":${i},"text":"${"x".repeat(120)}"}\n`).join(
    "",
  );
}

/** Waits until the import has begun to write. */
async function writing(folder: string, child: ChildProcess): Promise<void> {
  const log = join(folder, "shop.sqlite-wal");
  while ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) < 2_000_000) {
    assert.equal(child.exitCode, null, "it ended before it could be stopped");
    await sleep(2);
  }
}

suite("a transfer that is stopped", () => {
  const count = 150_000;

  test("Ctrl-C stops an import cleanly, and the same command goes on", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    await writeFile(join(folder, "many.json"), manyRecords(count));
    const words = ["import", "--to", shop, "many.json"];
    const child = cli.start(...words);
    const said = ended(child);
    await writing(folder, child);
    child.kill("SIGINT");
    const first = await said;
    assert.equal(first.code, 130, first.stderr);
    assert.match(
      first.stderr,
      /Stopped after [\d,]+ records\. The same command goes on from there/,
    );
    const second = await cli.run(...words);
    assert.equal(second.code, 0, second.stderr);
    assert.match(
      second.stdout,
      /150,000 records in the file: 150,000 written \(150,000 new\), 0 failed/,
    );
    await cli.run("export", "--from", shop, "-c", "many", "--out", "out.json");
    assert.equal(lineCount(await readFile(join(folder, "out.json"))), count);
  });

  test("an import that was killed goes on with every record once, from stdin too", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    const text = manyRecords(count);
    const words = ["import", "--to", shop, "-c", "many"];
    const child = cli.start(...words);
    child.stdin?.end(text);
    const said = ended(child);
    await writing(folder, child);
    child.kill("SIGKILL");
    await said;
    const second = await cli.runWith(text, ...words);
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stderr, /Going on with the job that the last run began/);
    await cli.run("export", "--from", shop, "-c", "many", "--out", "out.json");
    assert.equal(lineCount(await readFile(join(folder, "out.json"))), count);
  });

  test("Ctrl-C twice ends at once, and nothing is lost", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    await writeFile(join(folder, "many.json"), manyRecords(count));
    const words = ["import", "--to", shop, "many.json"];
    const child = cli.start(...words);
    const said = ended(child);
    await writing(folder, child);
    child.kill("SIGINT");
    child.kill("SIGTERM");
    assert.equal((await said).code, 130);
    const second = await cli.run(...words);
    assert.match(second.stdout, /150,000 records in the file: 150,000 written/);
  });

  test("an export that was stopped goes on, and its file appears only when it is whole", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    await cli.runWith(manyRecords(2 * count), "import", "--to", shop, "-c", "many");
    const words = ["export", "--from", shop, "-c", "many", "-o", "out.json", "--verbose"];
    const child = cli.start(...words);
    child.stderr?.on("data", (piece: Buffer) => {
      if (piece.includes('"kind":"export"')) child.kill("SIGINT");
    });
    await once(child, "close");
    assert.equal(child.exitCode, 130);
    assert.ok(!existsSync(join(folder, "out.json")));
    const second = await cli.run(...words);
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stderr, /Going on with the job that the last run began/);
    assert.equal(lineCount(await readFile(join(folder, "out.json"))), 2 * count);
  });

  test("an input that has changed begins anew; --restart does, too", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    const file = join(folder, "many.json");
    await writeFile(file, manyRecords(count));
    const words = ["import", "--to", shop, "many.json"];
    const child = cli.start(...words);
    const said = ended(child);
    await writing(folder, child);
    child.kill("SIGINT");
    assert.equal((await said).code, 130);
    await writeFile(file, manyRecords(10));
    const second = await cli.run(...words);
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stderr, /many\.json is not what it was in the last run: beginning anew/);
    assert.match(second.stdout, /10 records in the file/);
  });

  test("a file that shrinks while it is read ends the import with that reason", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    await writeFile(join(folder, "many.json"), manyRecords(count));
    const child = cli.start("import", "--to", shop, "many.json");
    const said = ended(child);
    await writing(folder, child);
    await truncate(join(folder, "many.json"), 1000);
    const run = await said;
    assert.equal(run.code, 1, run.stderr);
    assert.match(run.stdout, /^Failed: .*many\.json has changed while it was imported/);
  });

  test("a database that another command writes is refused, with that process's number", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    await writeFile(join(folder, "many.json"), manyRecords(2 * count));
    const child = cli.start("import", "--to", shop, "many.json");
    const said = ended(child);
    await writing(folder, child);
    const [other, same] = await Promise.all([
      cli.runWith(peopleText, "import", "--to", shop, "-c", "people"),
      cli.run("import", "--to", shop, "many.json"),
    ]);
    assert.equal(other.code, 1);
    assert.match(
      other.stderr,
      /Database .*shop\.sqlite is in use by another docferry \(process \d+\)/,
    );
    assert.match(same.stderr, /The same command is running already \(process \d+\)/);
    assert.equal((await said).code, 0);
  });

  const noFull = existsSync("/dev/full") ? false : "there is no /dev/full";
  test("an output that is full is told in one sentence", { skip: noFull }, async (t) => {
    const cli = new Cli(await tempFolder(t));
    await cli.runWith(peopleText, "import", "--to", shop, "-c", "people");
    const run = await cli.run("export", "--from", shop, "-c", "people", "-o", "/dev/full");
    assert.equal(run.code, 1);
    assert.match(run.stderr, /^docferry: The output cannot be written: ENOSPC.*\n$/);
  });

  test("a stdout that is full is told in one sentence", { skip: noFull }, async (t) => {
    const folder = await tempFolder(t);
    await new Cli(folder).runWith(peopleText, "import", "--to", shop, "-c", "people");
    const command = fileURLToPath(new URL("../../bin/docferry", import.meta.url));
    const run = spawnSync(
      "sh",
      ["-c", `"$0" export --from ${shop} -c people > /dev/full`, command],
      {
        cwd: folder,
        encoding: "utf8",
      },
    );
    assert.equal(run.status, 1);
    assert.match(run.stderr, /^docferry: The output cannot be written: ENOSPC.*\n$/);
  });

  test("whoever reads an export may stop before its end", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    await cli.runWith(manyRecords(20_000), "import", "--to", shop, "-c", "many");
    const child = cli.start("export", "--from", shop, "-c", "many");
    const [first] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    assert.ok(first.length > 0);
    child.stdout?.destroy();
    const stderr: Buffer[] = [];
    child.stderr?.on("data", (piece: Buffer) => stderr.push(piece));
    await once(child, "close");
    assert.equal(child.exitCode, 1);
    assert.equal(
      Buffer.concat(stderr).toString(),
      "docferry: Whoever read the output stopped before its end\n",
    );
  });
});

suite("what import and export refuse", () => {
  const cases: [words: string[], code: number, message: RegExp][] = [
    [["import", "people.json"], 2, /Say where to: --to sqlite:FILE, or --server URL/],
    [["import", "--to", "mongodb://localhost/test", "x.json"], 2, /--to mongodb: is not there yet/],
    [["import", "--to", "shop.sqlite", "x.json"], 2, /--to must be sqlite:FILE, not shop\.sqlite/],
    [["import", "--to", shop, "nowhere.json"], 1, /There is no file nowhere\.json/],
    [["import", "--to", shop, "folder"], 1, /folder is a folder, not a file/],
    [["import", "--to", shop], 2, /-c is missing/],
    [["import", "--to", shop, "--file"], 2, /option '--file <path>' argument missing/],
    [["import", "--to", shop, "--file", "a", "b"], 2, /The file is named twice: --file a and b/],
    [
      ["import", "--to", shop, "-c", "a", "-c", "b", "x"],
      2,
      /argument 'b' is invalid\. It is given twice/,
    ],
    [["import", "--to", shop, "--type", "xml", "x"], 2, /must be one of json, csv, tsv/],
    [
      ["import", "--to", shop, "--type", "csv", "x"],
      2,
      /wants --headerline, --fields or --fieldFile/,
    ],
    [["import", "--to", shop, "--headerline", "x"], 2, /--headerline goes with --type csv or tsv/],
    [["import", "--to", shop, "-j", "0", "x"], 2, /must be a whole number, 1 to 256/],
    [
      ["import", "--to", shop, "--colection", "a"],
      2,
      /unknown option '--colection'\n\(Did you mean --collection\?\)/,
    ],
    [
      ["import", "--to", shop, "--writeConcern", "1", "x"],
      2,
      /does not take --writeConcern: a record counts/,
    ],
    [
      ["import", "--to", shop, "--type", "csv", "--headerline", "--legacy", "x"],
      2,
      /--legacy goes with/,
    ],
    [
      ["import", "--to", shop, "--uri", "mongodb://u:p@h", "x"],
      2,
      /does not take --uri: it says how to reach/,
    ],
    [
      ["import", "--to", shop, "--mode", "insert", "--upsertFields", "a", "x"],
      2,
      /exclude each other/,
    ],
    [["export", "--from", shop, "-c", "people"], 1, /There is no database shop\.sqlite/],
    [["export", "--from", shop], 2, /-c is missing: the collection to export/],
    [["export", "--from", shop, "-c", "p", "-q", "{a:1}"], 2, /--query: /],
    [["export", "--from", shop, "-c", "p", "--sort", "age"], 2, /--sort must be like/],
    [
      ["export", "--from", shop, "-c", "p", "--limit", "-1"],
      2,
      /must be a whole number, 0 or more/,
    ],
    [
      ["export", "--from", shop, "-c", "p", "--readPreference", "x"],
      2,
      /does not take --readPreference/,
    ],
    [["exprt"], 2, /unknown command 'exprt'\n\(Did you mean export\?\)/],
  ];
  test("each wrong word gets one clear sentence and the exit code that fits", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    await mkdir(join(folder, "folder"));
    for (const [words, code, message] of cases) {
      const run = await cli.run(...words);
      assert.match(run.stderr, message, words.join(" "));
      assert.match(run.stderr, /^docferry: /, words.join(" "));
      assert.equal(run.code, code, words.join(" "));
      assert.equal(run.stdout, "", words.join(" "));
    }
    assert.ok(!existsSync(join(folder, "shop.sqlite")));
  });

  test("a file of something else is no database, and stays as it is", async (t) => {
    const folder = await tempFolder(t);
    const cli = new Cli(folder);
    await writeFile(join(folder, "shop.sqlite"), "these are my notes, not a database".repeat(100));
    const run = await cli.runWith(peopleText, "import", "--to", shop, "-c", "people");
    assert.equal(run.code, 1);
    assert.match(run.stderr, /shop\.sqlite is no SQLite database/);
    assert.match(await readFile(join(folder, "shop.sqlite"), "utf8"), /^these are my notes/);
    const { DatabaseSync } = await import("node:sqlite");
    const other = new DatabaseSync(join(folder, "other.sqlite"));
    other.exec("CREATE TABLE mine (id)");
    other.close();
    const second = await cli.runWith(
      peopleText,
      "import",
      "--to",
      "sqlite:other.sqlite",
      "-c",
      "p",
    );
    assert.match(second.stderr, /other\.sqlite is a SQLite database of something else/);
  });
});

function lineCount(bytes: Uint8Array): number {
  let lines = 0;
  for (const byte of bytes) if (byte === 0x0a) lines++;
  return lines;
}
