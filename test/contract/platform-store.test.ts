import { join } from "node:path";
import { openTestStore, temporaryFolder } from "../support/accounts.ts";
import { platformStoreSuite } from "./platform-store.ts";

platformStoreSuite("SqlitePlatformStore", async () => {
  const folder = await temporaryFolder();
  const file = join(folder.path, "jobs.sqlite");
  let opened = await openTestStore(file);
  return {
    stores: opened,
    async reopen() {
      await opened[Symbol.asyncDispose]();
      opened = await openTestStore(file);
      return opened;
    },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
});
