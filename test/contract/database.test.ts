import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedDatabases } from "../../src/databases/embedded/embedded-databases.ts";
import { databaseContract } from "./database.ts";

databaseContract("EmbeddedDatabases", async () => {
  const folder = await mkdtemp(join(tmpdir(), "docferry-databases-"));
  let databases = await EmbeddedDatabases.open({ folder });
  return {
    databases,
    async reopen() {
      await databases[Symbol.asyncDispose]();
      databases = await EmbeddedDatabases.open({ folder });
      return databases;
    },
    async end({ keep }) {
      await databases[Symbol.asyncDispose]();
      if (keep) process.stderr.write(`The databases of the failed test are in ${folder}\n`);
      else await rm(folder, { recursive: true });
    },
  };
});
