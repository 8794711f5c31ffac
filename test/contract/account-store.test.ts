import { join } from "node:path";
import { openAccountStore, temporaryFolder } from "../support/accounts.ts";
import { accountStoreSuite } from "./account-store.ts";

accountStoreSuite("SqliteAccountStore", async () => {
  const folder = await temporaryFolder();
  const file = join(folder.path, "jobs.sqlite");
  let opened = await openAccountStore(file);
  return {
    store: opened.store,
    async reopen() {
      await opened[Symbol.asyncDispose]();
      opened = await openAccountStore(file);
      return opened.store;
    },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
});
