import { join } from "node:path";
import { openTestStore, temporaryFolder } from "../support/accounts.ts";
import { requestRecordsSuite } from "./request-records.ts";

requestRecordsSuite("SQLite", async () => {
  const folder = await temporaryFolder();
  const file = join(folder.path, "store.sqlite");
  let store = await openTestStore(file);
  return {
    records: store.requests,
    async reopen() {
      await store[Symbol.asyncDispose]();
      store = await openTestStore(file);
      return store.requests;
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
});
