import { after, afterEach, before, describe } from "node:test";
import type { Databases } from "../../src/databases/database.ts";
import { collectionTests } from "./database-collections.ts";
import type { DatabaseHarness, MakeDatabases } from "./database-harness.ts";
import { sinkModelTests } from "./database-sink-model.ts";
import { sinkTests } from "./database-sink.ts";
import { sourceTests } from "./database-source.ts";
import { sortTests } from "./database-sort.ts";

/** What every database promises. `make` gives databases with nothing in them. */
export function databaseContract(name: string, make: MakeDatabases): void {
  describe(name, () => {
    let harness: DatabaseHarness;
    let failed = false;
    before(async () => {
      harness = await make();
    });
    afterEach((t) => {
      failed ||= "passed" in t && !t.passed;
    });
    after(() => harness.end({ keep: failed }));

    const databases = (): Databases => harness.databases;
    const reopen = async (): Promise<Databases> => {
      harness.databases = await harness.reopen();
      return harness.databases;
    };
    describe("a sink", () => sinkTests(databases, reopen));
    describe("a sink, against a model of it", () => sinkModelTests(databases));
    describe("a source", () => sourceTests(databases));
    describe("a sorted read", () => sortTests(databases));
    describe("collections and environments", () => collectionTests(databases, reopen));
  });
}
