import { join } from "node:path";
import { DiskObjectStore } from "../../src/files/disk/disk-object-store.ts";
import { temporaryFolder } from "../support/accounts.ts";
import { openFilesBelow } from "../support/open-files.ts";
import { objectStoreSuite } from "./object-store.ts";

objectStoreSuite("DiskObjectStore", async () => {
  const folder = await temporaryFolder();
  const files = join(folder.path, "files");
  return {
    store: await DiskObjectStore.open(files),
    reopen: () => DiskObjectStore.open(files),
    openFiles: () => openFilesBelow(files),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});
