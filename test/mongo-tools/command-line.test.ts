import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Cli, type CliRun, ended } from "../support/cli.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { type Check, testTable } from "./table.ts";

// Sections 1.4 and 3: what the commands do with a database. Each row runs the real commands on a file of its own.

interface Shop {
  folder: string;
  cli: Cli;
  /** `docferry import -c c` of this text. */
  import: (text: string, ...words: string[]) => Promise<CliRun>;
  /** `docferry export -c c`. */
  export: (...words: string[]) => Promise<CliRun>;
  /** What `docferry export -c c --quiet` writes. */
  text: (...words: string[]) => Promise<string>;
}

async function openShop(t: TestContext): Promise<Shop> {
  const folder = await tempFolder(t);
  const cli = new Cli(folder);
  const file = "sqlite:shop.sqlite";
  const shop: Shop = {
    folder,
    cli,
    import: (text, ...words) => cli.runWith(text, "import", "--to", file, "-c", "c", ...words),
    export: (...words) => cli.run("export", "--from", file, "-c", "c", ...words),
    text: async (...words) => {
      const run = await shop.export("--quiet", ...words);
      assert.deepEqual([run.code, run.stderr], [0, ""]);
      return run.stdout;
    },
  };
  return shop;
}

const on =
  (check: (shop: Shop) => Promise<void>): Check =>
  async (t) =>
    check(await openShop(t));

/** An option that is refused by name, before anything is done. */
const refuses = (...words: string[]) =>
  on(async (shop) => {
    const run = await shop.import('{"a":1}\n', ...words);
    assert.equal(run.code, 2);
    assert.match(run.stderr, new RegExp(`does not take ${words[0]}: `));
    assert.ok(!existsSync(join(shop.folder, "shop.sqlite")));
  });

/** An import that is ended in the middle, and the same command once more. */
const goesOnAfter = (signal: "SIGINT" | "SIGKILL", code: number | null) =>
  on(async ({ folder, cli }) => {
    const records = 100_000;
    const lines = Array.from(
      { length: records },
      (_, n) => `{"n":${n},"x":"${"x".repeat(150)}"}\n`,
    );
    await writeFile(join(folder, "many.json"), lines.join(""));
    const words = ["import", "--to", "sqlite:shop.sqlite", "many.json"];
    const child = cli.start(...words);
    const said = ended(child);
    const log = join(folder, "shop.sqlite-wal");
    while ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) < 2_000_000) {
      assert.equal(child.exitCode, null, "it ended before it could be stopped");
      await sleep(2);
    }
    child.kill(signal);
    assert.equal((await said).code, code);
    const again = await cli.run(...words);
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /Going on with the job that the last run began/);
    assert.match(again.stdout, /100,000 records in the file: 100,000 written \(100,000 new\)/);
  });

testTable(
  { section: "1.4", table: 1 },
  {
    "`_id`": {
      otherwise:
        "made of submit time, job and place in the file, so that a replay makes the same one",
      check: on(async (shop) => {
        await shop.import('{"a":1}\n{"b":2,"_id":"x"}\n{"b":3,"_id":null}\n');
        assert.match(
          await shop.text(),
          /^\{"b":3,"_id":null\}\n\{"b":2,"_id":"x"\}\n\{"_id":\{"\$oid":"[0-9a-f]{24}"\},"a":1\}\n$/,
        );
      }),
    },
    command: {
      otherwise: "there is no server to send one to: what speaks of it is refused by name",
      check: refuses("--bypassDocumentValidation"),
    },
    batch: {
      otherwise: "batches are cut by bytes at record boundaries",
      check: refuses("--batchSize", "10"),
    },
    workers: {
      otherwise: "file order is always kept, whatever -j says",
      check: on(async (shop) => {
        const lines = Array.from(
          { length: 20_000 },
          (_, n) => `{"n":${n},"_id":{"$numberLong":"${n >> 1}"}}`,
        );
        const run = await shop.import(lines.join("\n"), "-j", "4");
        assert.equal(run.code, 3);
        assert.match(run.stderr, /A database file has one writer: -j 4 changes nothing/);
        // Of two with the same _id the first one is there.
        const kept = lines.filter((_, n) => n % 2 === 0).join("\n");
        assert.equal(await shop.text("--jsonFormat", "lossless"), `${kept}\n`);
      }),
    },
    "bad record": {
      otherwise:
        "costs itself: it is counted, comes back with its line, and the rest goes in; exit code 3",
      check: on(async (shop) => {
        const lines = Array.from({ length: 5000 }, (_, n) =>
          n === 2500 ? "{oops" : `{"_id":${n}}`,
        );
        const run = await shop.import(lines.join("\n"));
        assert.equal(run.code, 3);
        assert.match(
          run.stdout,
          /5,000 records in the file: 4,999 written \(4,999 new\), 1 failed/,
        );
        assert.match(run.stdout, /line 2501: /);
        assert.equal((await shop.text()).split("\n").length, 5000);
      }),
    },
    "duplicate key (11000), validation (121)": {
      otherwise: "counted as failed with its line, and the exit code is 3",
      check: on(async (shop) => {
        const run = await shop.import('{"_id":1}\n{"_id":2}\n{"_id":1}\n{"_id":3}\n');
        assert.equal(run.code, 3);
        assert.match(
          run.stdout,
          /3 written \(3 new\), 1 failed\n {2}failed: 1 duplicate_id\n {4}line 3/,
        );
        assert.equal(await shop.text(), '{"_id":1}\n{"_id":2}\n{"_id":3}\n');
      }),
    },
    "other write error": {
      otherwise: "each is told of, also beside a duplicate",
      check: on(async (shop) => {
        const run = await shop.import('{"_id":1}\n{"_id":1}\n{"_id":[1]}\n{"_id":2}\n');
        assert.equal(run.code, 3);
        assert.match(run.stdout, /2 written \(2 new\), 2 failed/);
        assert.match(run.stdout, /line 2: .* \(duplicate_id\)\n {4}line 3: .* \(invalid_id\)/);
      }),
    },
    "`--stopOnError`": {
      otherwise: "nothing behind the first failure is written",
      check: on(async (shop) => {
        const run = await shop.import('{"_id":1}\n{"_id":1}\n{"_id":2}\n', "--stopOnError");
        assert.equal(run.code, 1);
        assert.match(run.stdout, /Stopped at the first record that failed/);
        assert.equal(await shop.text(), '{"_id":1}\n');
      }),
    },
    "`--maintainInsertionOrder`": {
      otherwise:
        "as --stopOnError, since the order is kept anyway; what was not tried is not in the file's count",
      check: on(async (shop) => {
        const text = '{"_id":1}\n{"_id":1}\n{"_id":2}\n{"_id":3}\n';
        const run = await shop.import(text, "--maintainInsertionOrder");
        assert.equal(run.code, 1);
        assert.match(run.stdout, /2 records looked at: 1 written \(1 new\), 1 failed/);
      }),
    },
    "connection lost": {
      otherwise:
        "a process that dies in the middle loses nothing: the same command goes on, each record once",
      check: goesOnAfter("SIGKILL", null),
    },
    "SIGINT (SIGTERM: source)": {
      otherwise: "exit code 130, and the same command goes on",
      check: goesOnAfter("SIGINT", 130),
    },
    "`--writeConcern`": {
      otherwise: "a record counts as written only once it is on the disk",
      check: refuses("--writeConcern", "1"),
    },
    "`--drop`": on(async (shop) => {
      for (const [text, code] of [
        ["", 0],
        ["{oops\n", 3],
      ] as const) {
        await shop.import('{"_id":1}\n');
        assert.equal((await shop.import(text, "--drop")).code, code);
        assert.equal(await shop.text(), "");
      }
      // A header that makes no documents saves the collection.
      await shop.import('{"_id":1}\n');
      const csv = ["--type", "csv", "--headerline", "--drop"];
      for (const wrong of ["a,a\n1,2\n", "", 'a"b\n1\n']) {
        const run = await shop.import(wrong, ...csv);
        assert.equal(run.code, 1, run.stdout);
        assert.match(run.stderr, /^docferry: .* Nothing was dropped\n$/);
      }
      assert.equal(await shop.text(), '{"_id":1}\n');
      assert.equal((await shop.import("_id\n2\n", ...csv)).code, 0);
      assert.equal(await shop.text(), '{"_id":2}\n');
    }),
    "no `-c`": on(async ({ folder, cli }) => {
      await writeFile(join(folder, "my.data.json"), '{"_id":1}\n');
      const run = await cli.run("import", "--to", "sqlite:shop.sqlite", "my.data.json");
      assert.match(run.stdout, /^Done: import of my\.data\.json to my\.data in shop\.sqlite\n/);
    }),
  },
);

const people = '{"_id":1,"a":1,"b":1}\n{"_id":2,"a":2}\n';

testTable(
  { section: "1.4", table: 2 },
  {
    upsert: {
      otherwise: "a record that changes nothing counts as a success, `as they were`",
      check: on(async (shop) => {
        await shop.import(people);
        const run = await shop.import(
          '{"_id":1,"c":1}\n{"_id":2,"a":2}\n{"_id":3}\n',
          "--mode",
          "upsert",
        );
        assert.match(run.stdout, /3 written \(1 new, 1 changed, 1 as they were\), 0 failed/);
        assert.equal(await shop.text(), '{"_id":1,"c":1}\n{"_id":2,"a":2}\n{"_id":3}\n');
        // Without the fields it is an insert.
        assert.match((await shop.import('{"x":1}\n', "--upsert")).stdout, /\(1 new\)/);
      }),
    },
    merge: on(async (shop) => {
      await shop.import(people);
      const run = await shop.import('{"_id":1,"b":2,"c":1}\n{"_id":3}\n', "--mode", "merge");
      assert.match(run.stdout, /2 written \(1 new, 1 changed\), 0 failed/);
      assert.equal(await shop.text(), '{"_id":1,"a":1,"b":2,"c":1}\n{"_id":2,"a":2}\n{"_id":3}\n');
      assert.match((await shop.import('{"x":1}\n', "--mode", "merge")).stdout, /\(1 new\)/);
    }),
    delete: {
      otherwise: "what deletes nothing, or has no key, is counted too, `as they were`",
      check: on(async (shop) => {
        await shop.import(people);
        const run = await shop.import('{"_id":1}\n{"x":1}\n{"_id":9}\n', "--mode", "delete");
        assert.match(run.stdout, /3 written \(2 as they were, 1 deleted\), 0 failed/);
        assert.equal(await shop.text(), '{"_id":2,"a":2}\n');
      }),
    },
  },
);

testTable(
  { section: "1.4", table: 0 },
  {
    "--upsertFields: dotted, a missing one is null, all missing or null is an insert": on(
      async (shop) => {
        const fields = ["--upsertFields", "a,b.c"];
        const first = '{"_id":1,"a":1,"b":{"c":1}}\n{"_id":2,"a":1}\n{"_id":3,"x":1}\n';
        assert.match((await shop.import(first, ...fields)).stdout, /\(3 new\)/);
        const second = '{"a":1,"b":{"c":1},"x":5}\n{"a":1,"x":6}\n{"a":null,"_id":4}\n';
        assert.match((await shop.import(second, ...fields)).stdout, /\(1 new, 2 changed\)/);
        assert.equal(
          await shop.text(),
          '{"_id":1,"a":1,"b":{"c":1},"x":5}\n{"_id":2,"a":1,"x":6}\n{"_id":3,"x":1}\n{"a":null,"_id":4}\n',
        );
        const refused = await shop.import(first, ...fields, "--mode", "insert");
        assert.equal(refused.code, 2);
      },
    ),
  },
);

const two = '{"_id":1,"k":"v","e":{},"l":[]}\n{"_id":2}\n';

testTable(
  { section: "3", table: 2 },
  {
    "`--jsonArray`": {
      otherwise: "the import reads the `[]` that the export writes",
      check: on(async (shop) => {
        await shop.import("", "--jsonArray");
        assert.equal(await shop.text("--jsonArray"), "[]\n");
        assert.equal((await shop.import("[]\n", "--jsonArray")).code, 0);
        await shop.import(two);
        const array = '[{"_id":1,"k":"v","e":{},"l":[]},{"_id":2}]\n';
        assert.equal(await shop.text("--jsonArray"), array);
      }),
    },
    "`--pretty`": on(async (shop) => {
      await shop.import("");
      assert.equal(await shop.text("--pretty"), "\n");
      await shop.import(two);
      const pretty = '{\n\t"_id": 1,\n\t"k": "v",\n\t"e": {},\n\t"l": []\n}\n{\n\t"_id": 2\n}\n';
      assert.equal(await shop.text("--pretty"), pretty);
    }),
    both: on(async (shop) => {
      await shop.import('{"_id":1}\n{"_id":2}\n');
      const both = '[{\n\t"_id": 1\n},\n{\n\t"_id": 2\n}]\n\n';
      assert.equal(await shop.text("--pretty", "--jsonArray"), both);
    }),
    "collection missing": {
      otherwise: "always as with --assertExists",
      check: on(async (shop) => {
        await shop.import(two);
        for (const words of [[], ["--assertExists"]]) {
          const run = await shop.cli.run(
            "export",
            "--from",
            "sqlite:shop.sqlite",
            "-c",
            "no",
            ...words,
          );
          assert.deepEqual([run.code, run.stdout], [1, ""]);
          assert.match(run.stderr, /^docferry: No collection no\n/);
        }
      }),
    },
    "count; error on the way": {
      otherwise: "a file that could not be written whole is not there",
      check: on(async (shop) => {
        await shop.import(two);
        assert.match((await shop.export("-o", "two.json")).stdout, /^ {2}2 documents written$/m);
        const one = await shop.export("-o", "one.json", "--limit", "1");
        assert.match(one.stdout, /^ {2}1 document written$/m);
        if (!existsSync("/dev/full")) return;
        const full = await shop.export("-o", "/dev/full");
        assert.equal(full.code, 1);
        assert.match(full.stderr, /^docferry: The output cannot be written: ENOSPC/);
      }),
    },
    "`-o`": {
      otherwise: "the old file stays until the new one is whole; `-` is stdout",
      check: on(async (shop) => {
        await shop.import(two);
        const out = join(shop.folder, "new", "out.json");
        await shop.export("-o", "new/out.json");
        assert.equal(await readFile(out, "utf8"), two);
        // Nothing to export: the file is overwritten all the same.
        assert.equal((await shop.export("-o", "new/out.json", "-q", '{"_id":9}')).code, 0);
        assert.equal(await readFile(out, "utf8"), "");
        assert.equal(await shop.text("-o", "-"), two);
        assert.ok(!existsSync(join(shop.folder, "-")));
      }),
    },
    "closed pipe": on(async (shop) => {
      const line = `{"x":"${"x".repeat(1000)}"}\n`;
      await shop.import(line.repeat(5_000));
      const child = shop.cli.start("export", "--from", "sqlite:shop.sqlite", "-c", "c");
      const said: Buffer[] = [];
      child.stderr?.on("data", (piece: Buffer) => said.push(piece));
      child.stdout?.once("data", () => child.stdout?.destroy());
      await once(child, "close");
      assert.equal(child.exitCode, 1);
      assert.match(
        Buffer.concat(said).toString(),
        /Whoever read the output stopped before its end/,
      );
    }),
  },
);

testTable(
  { section: "3", table: 3 },
  {
    "`--fields a.b,s`": {
      otherwise: "only a.b of a comes out, and --fieldFile is not ignored",
      check: on(async (shop) => {
        await shop.import('{"_id":1,"a":{"b":1,"c":2},"s":3,"x":4}\n');
        const chosen = '{"_id":1,"a":{"b":1},"s":3}\n';
        assert.equal(await shop.text("--fields", "a.b,s"), chosen);
        await writeFile(join(shop.folder, "fields"), "a.b\ns\n");
        assert.equal(await shop.text("--fieldFile", "fields"), chosen);
      }),
    },
    "`--query`": on(async (shop) => {
      await shop.import(
        '{"_id":{"$oid":"0123456789abcdef01234567"},"at":{"$date":"2020-01-02T03:04:05Z"},"n":5}\n{"_id":2,"n":3}\n',
      );
      const first = /^\{"_id":\{"\$oid":"0123456789abcdef01234567"\}.*\n$/;
      assert.match(await shop.text("-q", '{"_id":{"$oid":"0123456789abcdef01234567"}}'), first);
      assert.match(await shop.text("-q", '{"at":{"$date":"2020-01-02T03:04:05Z"}}'), first);
      assert.equal(await shop.text("-q", '{"n":{"$lt":4}}'), '{"_id":2,"n":3}\n');
      for (const shell of [
        "{n:5}",
        '{"at":ISODate("2020-01-02T03:04:05Z")}',
        '{"n":/a/}',
        "{oops",
      ]) {
        const run = await shop.export("-q", shell);
        assert.deepEqual([run.code, run.stdout], [2, ""], shell);
        // In words, with the place, and the query not as numbers of bytes.
        assert.match(run.stderr, /^docferry: --query: .*line 1, column \d+/, shell);
      }
    }),
    "`--sort`": on(async (shop) => {
      await shop.import('{"_id":1,"a":1,"b":2}\n{"_id":2,"a":2,"b":1}\n{"_id":3,"a":1,"b":1}\n');
      const sorted = '{"_id":2,"a":2,"b":1}\n{"_id":3,"a":1,"b":1}\n{"_id":1,"a":1,"b":2}\n';
      for (const sort of ["{a:-1,b:1}", '{"a":-1,"b":1}']) {
        assert.equal(await shop.text("--sort", sort), sorted);
      }
      const run = await shop.export("--sort", '{"a":{"$numberLong":"1"}}');
      assert.equal(run.code, 2);
    }),
    "`--limit`, `--skip`, `--forceTableScan`": {
      otherwise: "a limit below 0 is refused, as is --forceTableScan, which would change nothing",
      check: on(async (shop) => {
        await shop.import('{"_id":1}\n{"_id":2}\n{"_id":3}\n');
        assert.equal(await shop.text("--skip", "1", "--limit", "1"), '{"_id":2}\n');
        assert.equal(await shop.text("--limit", "0", "--skip", "2"), '{"_id":3}\n');
        assert.equal((await shop.export("--limit", "-1")).code, 2);
        const scan = await shop.export("--forceTableScan");
        assert.equal(scan.code, 2);
        assert.match(scan.stderr, /does not take --forceTableScan: /);
      }),
    },
  },
);
