import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { docferryProgram } from "../program.ts";

const page = readFileSync(
  new URL("../../../docs/coming-from-mongo-tools.md", import.meta.url),
  "utf8",
);

interface Row {
  flags: string;
  of: string;
  isTaken: boolean;
}

const rows = [...page.matchAll(/^\| `(-[^`]+)` \| (both|import|export) \| (.*) \|$/gm)].map(
  ([, flags = "", of = "", here = ""]): Row => ({
    flags,
    of,
    isTaken: !here.startsWith("not taken: "),
  }),
);

for (const tool of ["import", "export"] as const) {
  test(`docs/coming-from-mongo-tools.md says of each option whether ${tool} takes it, as it is`, async () => {
    const program = await docferryProgram((name) => name === tool);
    const command = program.commands.find((one) => one.name() === tool) ?? assert.fail();
    const flagsOf = (flags: string) => flags.replace(/ [<[].*$/, "");
    const known = new Map(command.options.map(({ flags, hidden }) => [flagsOf(flags), !hidden]));
    const told = rows.filter(({ of }) => of === "both" || of === tool);
    assert.ok(told.length > 40);
    for (const { flags, isTaken } of told) assert.equal(known.get(flags), isTaken, flags);
    const refused = [...known].filter(([, isTaken]) => !isTaken).map(([flags]) => flags);
    const notTold = refused.filter((flags) => !told.some((row) => row.flags === flags));
    assert.deepEqual(notTold, [], "refused, and not told of");
  });
}
