import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { smallDisk } from "../../../test/support/small-disk.ts";
import { tempFolder } from "../../../test/support/temp-folder.ts";
import { Ballast } from "./ballast.ts";

const mib = 1024 * 1024;

test("it takes room from its opening on, gives it back once, and takes it again", async (t) => {
  const file = join(await tempFolder(t), "ballast");
  const ballast = await Ballast.open(file, mib + 1);
  const { size, blocks } = await stat(file);
  assert.equal(size, mib + 1);
  assert.ok(blocks * 512 >= mib, "it has no holes");
  assert.equal(ballast.full, false);
  assert.deepEqual([await ballast.spend(), await ballast.spend()], [true, false]);
  assert.equal(ballast.full, true);
  await assert.rejects(stat(file), { code: "ENOENT" });
  assert.equal(await ballast.restore(), true);
  assert.equal(ballast.full, false);
  assert.equal((await stat(file)).size, mib + 1);
});

test("one that a killed process left half made is made whole", async (t) => {
  const file = join(await tempFolder(t), "ballast");
  await Ballast.open(file, 1000);
  await Ballast.open(file, 2000);
  assert.equal((await stat(file)).size, 2000);
});

test("on a disk that fills it is spent, and made again only where there is room to spare", async (t) => {
  const disk = await smallDisk(t, 8 * mib);
  if (!disk) return;
  const file = join(disk.folder, "ballast");
  const ballast = await Ballast.open(file, 2 * mib);
  await disk.fill();
  await ballast.spend();
  assert.equal(await ballast.restore(), false, "there is room for it, but for nothing beside it");
  assert.deepEqual(await readdir(disk.folder), ["filler"]);
  await disk.free();
  assert.equal(await ballast.restore(), true);
  await disk.fill();
  assert.equal((await Ballast.open(file, 2 * mib)).full, true, "a start on a full disk has room");
  assert.deepEqual(await readdir(disk.folder), ["filler"]);
});
