import { join } from "node:path";
import { openTestStore, temporaryFolder } from "../support/accounts.ts";
import { limitStoreSuite } from "./limit-store.ts";

limitStoreSuite("SQLite", async () => {
  const folder = await temporaryFolder();
  const file = join(folder.path, "store.sqlite");
  let store = await openTestStore(file);
  return {
    store,
    async reopen() {
      await store[Symbol.asyncDispose]();
      store = await openTestStore(file);
      return store;
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
});
