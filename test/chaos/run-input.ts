import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { TestService } from "../support/service.ts";
import { Ferryman, repeated } from "./heavy-import.ts";

// Input that is nothing but trouble, in its long form: npm run chaos:input -- --rejects 10000000 --quote-mib 1024

const { values } = parseArgs({
  options: {
    rejects: { type: "string", default: "10000000" },
    "quote-mib": { type: "string", default: "1024" },
  },
});
const say = (text: string) => process.stdout.write(`${text}\n`);
const rejects = Number(values.rejects);
const quoteBytes = Number(values["quote-mib"]) * 1024 * 1024;
const record = "{oops}\n";

const runs: [string, Iterable<Uint8Array>, object][] = [
  [
    `${rejects} rejects`,
    repeated(record, rejects * record.length),
    { collection: "rejects", format: "json" },
  ],
  [
    `a quote that never ends, ${quoteBytes} bytes`,
    quote(quoteBytes),
    { collection: "quote", format: "csv", csv: { header: true } },
  ],
];

for (const [what, content, order] of runs) {
  const cleanups: (() => unknown)[] = [];
  const folder = await mkdtemp(join(tmpdir(), "docferry-input-"));
  const data = join(folder, "data");
  const service = await TestService.start(
    { after: (end) => void cleanups.push(end as () => unknown) },
    data,
    { flags: ["--log-level", "warn"] },
  );
  try {
    const ferryman = await Ferryman.of(service);
    const { job, ...cost } = await ferryman.heavyImport(data, content, order);
    const { state, progress, error } = job;
    say(`${what}: ${JSON.stringify({ state, rejects: progress.rejects, error, ...cost })}`);
    if (progress.rejects > 0) {
      const path = `jobs/${job.id}/rejects`;
      say(`lines of the reject file: ${await ferryman.lines(`${path}/file`, data)}`);
    }
  } finally {
    for (const end of cleanups) await end();
    await rm(folder, { recursive: true });
  }
}

/** A CSV whose second row opens a quote that nobody closes. */
function* quote(bytes: number): Generator<Uint8Array> {
  yield Buffer.from('a,b\n1,2\n3,"');
  yield* repeated(`never, ${"ever ".repeat(200)}\n`, bytes);
}
