import { join } from "node:path";
import { openTestStore, temporaryFolder } from "../support/accounts.ts";
import { accountStoreSuite } from "./account-store.ts";

accountStoreSuite("SqliteAccountStore", async () => {
  const folder = await temporaryFolder();
  const file = join(folder.path, "jobs.sqlite");
  let opened = await openTestStore(file);
  return {
    store: opened.accounts,
    platforms: opened.platforms,
    async reopen() {
      await opened[Symbol.asyncDispose]();
      opened = await openTestStore(file);
      return opened.accounts;
    },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
});
