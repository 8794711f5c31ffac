import { join } from "node:path";
import { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { afterwards } from "../support/afterwards.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { jobStoreContract } from "./job-store.ts";

jobStoreContract("SQLite", async (t) => {
  const folder = await tempFolder(t);
  const store = await SqliteStore.open({
    file: join(folder, "store.sqlite"),
    limits: { total: 4, perEnvironment: 4 },
  });
  afterwards(t, () => store[Symbol.asyncDispose]());
  return store;
});
