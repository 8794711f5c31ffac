import assert from "node:assert/strict";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { openTestStore } from "../../../test/support/accounts.ts";
import { tempFolder } from "../../../test/support/temp-folder.ts";
import { openWriter } from "../../sqlite/open.ts";

/** As the store's thread, which cannot be imported, writes it. */
const storeSchema = {
  applicationId: 0x64667331,
  migrations: new URL("migrations/", import.meta.url),
};

test("environments from before platforms had any stay their apps'", async (t) => {
  const folder = await tempFolder(t);
  const file = join(folder, "jobs.sqlite");
  const migrations = pathToFileURL(`${join(folder, "before")}/`);
  await mkdir(migrations);
  const all = (await readdir(storeSchema.migrations)).sort();
  for (const name of all.filter((step) => step < "009")) {
    await copyFile(new URL(name, storeSchema.migrations), new URL(name, migrations));
  }
  {
    using db = openWriter(file, { ...storeSchema, migrations }, "FULL");
    db.exec(`INSERT INTO app (id, secret_hash, created_at) VALUES ('wx1', 'h', 1), ('wx2', 'h', 1);
      INSERT INTO environment (id, app_id, created_at) VALUES ('e1', 'wx1', 2), ('e2', 'wx2', 3)`);
  }
  await using store = await openTestStore(file);
  assert.deepEqual(await store.accounts.environments(), [
    { id: "e1", owner: { kind: "app", id: "wx1" }, createdAt: 2 },
    { id: "e2", owner: { kind: "app", id: "wx2" }, createdAt: 3 },
  ]);
  await store.accounts.removeApp("wx1");
  assert.deepEqual(
    (await store.accounts.environments()).map(({ id }) => id),
    ["e2"],
  );
});
