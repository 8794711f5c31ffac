import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { createReadStream, existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { suite, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  constants,
  createGzip,
  createZstdCompress,
  gzipSync,
  type ZlibOptions,
  zstdCompressSync,
} from "node:zlib";
import { Cli, type CliRun, ended } from "../support/cli.ts";
import { commandVariables, TestService } from "../support/service.ts";
import { smallDisk } from "../support/small-disk.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { peakMib, repeated } from "./heavy-import.ts";

// Files that are packed and broken, or that unpack to far more than anybody expects.

const mib = 1024 * 1024;
/** What a command takes that imports a small file, and a third of it: nothing of what is unpacked stays in memory. */
const mostMib = 300;

const checksums = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const packings = {
  gz: (bytes: Uint8Array) => gzipSync(bytes),
  zst: (bytes: Uint8Array) => zstdCompressSync(bytes, checksums),
};
type Packing = keyof typeof packings;

/** So many bytes of blank lines behind one record. */
async function bomb(packing: Packing, bytes: number): Promise<Buffer> {
  const packer =
    packing === "gz" ? createGzip({ level: 1 } satisfies ZlibOptions) : createZstdCompress();
  const content = function* () {
    yield Buffer.from('{"_id":1}\n');
    yield* repeated("\n", bytes);
  };
  return buffer(Readable.from(content()).pipe(packer).pipe(new PassThrough()));
}

const lines = Buffer.from(
  Array.from({ length: 20_000 }, (_, n) => `{"_id":${n},"r":"${Math.sin(n)}"}\n`).join(""),
);

function broken(packing: Packing): { name: string; bytes: Buffer; why: RegExp }[] {
  const whole = packings[packing](lines);
  const early = /cannot be unpacked: it ends too early/;
  const flipped = (at: number) => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
    return bytes;
  };
  return [
    ...[whole.length >> 1, 12, whole.length - 1].map((length) => ({
      name: `cut after ${length} of ${whole.length} bytes`,
      bytes: whole.subarray(0, length),
      why: early,
    })),
    {
      name: "with a byte changed in its middle",
      bytes: flipped(whole.length >> 1),
      why: /cannot be unpacked: .*(check|corrupt|invalid|match)/i,
    },
    {
      name: "with a byte of its checksum changed",
      bytes: flipped(whole.length - (packing === "gz" ? 8 : 4)),
      why: /cannot be unpacked: .*(check|match)/,
    },
    {
      name: "with something else behind it",
      bytes: Buffer.concat([whole, Buffer.from("something else")]),
      why: /cannot be unpacked: .*(header|descriptor)/,
    },
    {
      name: "with a second part that is cut",
      bytes: Buffer.concat([whole, packings[packing](lines).subarray(0, 100)]),
      why: early,
    },
  ];
}

/** Where an import may go, and whether anything of it is there. */
interface Place {
  cli: Cli;
  folder: string;
  words: string[];
  assertNothingThere(): Promise<void>;
}

async function onDatabaseFile(t: TestContext): Promise<Place> {
  const folder = await tempFolder(t);
  const cli = new Cli(folder);
  return {
    cli,
    folder,
    words: ["--to", "sqlite:shop.sqlite"],
    assertNothingThere: async () => {
      assert.deepEqual(await readdir(join(folder, "state", "jobs")), [], "a job is left");
      const run = await cli.run("export", "--from", "sqlite:shop.sqlite", "-c", "people");
      assert.notEqual(run.code, 0);
      assert.match(run.stderr, /people|shop\.sqlite/);
    },
  };
}

async function onService(t: TestContext): Promise<Place> {
  const folder = await tempFolder(t);
  const service = await TestService.start(t, join(folder, "data"));
  const cli = new Cli(folder, commandVariables(service));
  return {
    cli,
    folder,
    words: [],
    assertNothingThere: async () => {
      assert.equal((await cli.run("files", "list", "--json")).stdout, "[]\n");
      assert.equal((await cli.run("jobs", "list", "--json")).stdout, "[]\n");
      // What came of it goes once the service has seen that it broke off.
      const incoming = join(folder, "data", "files", "incoming");
      for (let looks = 0; (await readdir(incoming)).length > 0 && looks < 100; looks++)
        await sleep(50);
      assert.deepEqual(await readdir(incoming), []);
    },
  };
}

for (const [where, open] of [
  ["a database file", onDatabaseFile],
  ["a service", onService],
] as const) {
  suite(`packed input that is broken, on its way to ${where}`, { concurrency: false }, () => {
    for (const packing of ["gz", "zst"] as const) {
      test(`a .${packing} that is cut or changed is one sentence and exit code 1, and nothing of it is imported`, async (t) => {
        const place = await open(t);
        for (const [n, { name, bytes, why }] of broken(packing).entries()) {
          const file = `people.json.${packing}`;
          await writeFile(join(place.folder, file), bytes);
          const words = ["import", ...place.words, "-c", "people", "--quiet"];
          const fromFile = await place.cli.run(...words, file);
          assertFailed(fromFile, name, why);
          assert.match(fromFile.stderr, new RegExp(`^docferry: ${file} cannot be unpacked`));
          if (n > 0) continue;
          assertFailed(await place.cli.runWith(bytes, ...words, "--file", "-"), name, why);
        }
        await place.assertNothingThere();
        const good = Buffer.concat([
          packings[packing](lines),
          packings[packing](Buffer.from("{}\n")),
        ]);
        const words = ["import", ...place.words, "-c", "people", "--file", "-", "--json"];
        const run = await place.cli.runWith(good, ...words);
        assert.equal(run.code, 0, run.stderr);
        assert.match(run.stdout, /"inserted": ?20001\b/);
      });
    }
  });
}

for (const packing of ["gz", "zst"] as const) {
  test(`a .${packing} that unpacks to 400 MB takes no more memory than others do, and has one record`, async (t) => {
    const { cli, folder, words } = await onDatabaseFile(t);
    await writeFile(join(folder, "bomb"), await bomb(packing, 400 * mib));
    const child = cli.start("import", ...words, "-c", "people", "bomb", "--json");
    const peak = watchPeak(child);
    const run = await ended(child);
    t.diagnostic(`${await peak} MiB`);
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /"inserted": ?1\b/);
    assert.ok((await peak) < mostMib, `${await peak} MiB`);
    assert.deepEqual(await readdir(join(folder, "state", "jobs")), []);
  });
}

test("a bomb that does not fit on the disk is one sentence and exit code 1, and gives its room back", async (t) => {
  const disk = await smallDisk(t, 64 * mib);
  if (!disk) return;
  const cli = new Cli(disk.folder);
  for (const packing of ["gz", "zst"] as const) {
    await writeFile(join(disk.folder, "bomb"), await bomb(packing, 300 * mib));
    const words = ["import", "--to", "sqlite:shop.sqlite", "-c", "people", "--quiet"];
    for (const run of [
      await cli.run(...words, "bomb"),
      await cli.runWith(await bomb(packing, 300 * mib), ...words, "--file", "-"),
    ]) {
      assertFailed(run, packing, /disk is full|no space/i);
    }
    assert.deepEqual(await readdir(join(disk.folder, "state", "jobs")), []);
  }
});

test("a bomb that a service has no room for is one sentence and exit code 1, and the service has its room again", async (t) => {
  const disk = await smallDisk(t, 64 * mib);
  if (!disk) return;
  const folder = await tempFolder(t);
  const flags = ["--reserve-mib", "1"];
  const service = await TestService.start(t, join(disk.folder, "data"), { flags });
  const cli = new Cli(folder, commandVariables(service));
  await writeFile(join(folder, "bomb"), await bomb("gz", 300 * mib));
  const child = cli.start("import", "-c", "people", "--quiet", "bomb");
  const peak = watchPeak(child);
  assertFailed(await ended(child), "bomb", /disk is full/i);
  assert.ok((await peak) < mostMib, `${await peak} MiB`);
  const began = performance.now();
  while ((await fetch(`${service.address}/readyz`)).status !== 200) {
    assert.ok(performance.now() - began < 20_000, "it is not ready again");
    await sleep(100);
  }
  const good = await cli.runWith('{"_id":1}\n', "import", "-c", "people", "--json");
  assert.equal(good.code, 0, good.stderr);
});

test("Ctrl-C ends the unpacking of a bomb at once, and leaves nothing", async (t) => {
  const { cli, folder, words } = await onDatabaseFile(t);
  await writeFile(join(folder, "bomb"), await bomb("gz", 1024 * mib));
  for (const stdin of [false, true]) {
    const child = cli.start(
      "import",
      ...words,
      "-c",
      "people",
      ...(stdin ? ["--file", "-"] : ["bomb"]),
    );
    const run = ended(child);
    child.stdin?.on("error", () => undefined);
    if (stdin && child.stdin) createReadStream(join(folder, "bomb")).pipe(child.stdin);
    await spooling(join(folder, "state", "jobs"));
    const began = performance.now();
    child.kill("SIGINT");
    const { code, stderr } = await run;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /nothing of it has been imported/);
    assert.ok(performance.now() - began < 5_000);
    assert.ok(
      !(await readdir(join(folder, "state", "jobs"), { recursive: true })).some((name) =>
        /input/.test(name),
      ),
    );
    assert.ok(!existsSync(join(folder, "shop.sqlite-wal")));
  }
});

function assertFailed({ code, stdout, stderr }: CliRun, name: string, why: RegExp): void {
  assert.equal(code, 1, `${name}: ${stdout}${stderr}`);
  assert.match(stderr, why, name);
  assert.doesNotMatch(stderr, /\n\s+at /, `${name}: a stack`);
}

/** Until something has been unpacked. */
async function spooling(jobs: string): Promise<void> {
  for (;;) {
    const names = await readdir(jobs, { recursive: true }).catch(() => []);
    if (names.some((name) => name.endsWith("input.next"))) return;
    await sleep(5);
  }
}

/** The most memory that a process has had by its end. */
async function watchPeak(child: ChildProcess): Promise<number> {
  let most = 0;
  while (child.exitCode === null && child.signalCode === null) {
    most = Math.max(most, await peakMib(child.pid ?? 0));
    await sleep(20);
  }
  return most;
}
