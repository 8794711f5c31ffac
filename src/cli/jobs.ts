import { Command } from "commander";
import type { Docferry, Job } from "#client";
import { exitCodes } from "./exit-codes.ts";
import { interruptSignal } from "./interrupt.ts";
import { requireServer, type ServerOptions, serverOptions } from "./options/server-options.ts";
import { choiceOption, jobIdArgument, integerOption, textOption } from "./options/values.ts";
import { progressDisplay } from "./progress/progress-display.ts";
import { followServerJob } from "./server/server-job.ts";
import { serviceClient } from "./server/service-client.ts";
import { tableText } from "./table.ts";
import { openOutput } from "./transfer/output.ts";

type Options = ServerOptions & { json?: true };

const states: readonly Job["state"][] = [
  "queued",
  "planning",
  "running",
  "finishing",
  "succeeded",
  "failed",
  "cancelling",
  "cancelled",
];

/** `docferry jobs` */
export function jobsCommand(): Command {
  const jobs = new Command("jobs")
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(watchCommand())
    .addCommand(cancelCommand())
    .addCommand(rejectsCommand())
    .addCommand(retryCommand());
  return jobs.addHelpText(
    "after",
    `
The service is named by --server, --env and --token (or --app-id and --app-secret), or by the variables DOCFERRY_SERVER,
DOCFERRY_ENV_ID, DOCFERRY_TOKEN, DOCFERRY_APP_ID, DOCFERRY_APP_SECRET.

Examples:
  docferry jobs list --state running
  docferry jobs watch 7
  docferry jobs rejects 7 --out broken.json
  docferry jobs retry 7`,
  );
}

function listCommand(): Command {
  return common(new Command("list").description("list jobs, newest first"))
    .addOption(choiceOption("--state <state>", "only jobs in this state", states))
    .addOption(choiceOption("--type <type>", "only imports or only exports", ["import", "export"]))
    .addOption(
      integerOption("--limit <n>", "at most n (default: 20)", {
        min: 1,
        max: Number.MAX_SAFE_INTEGER,
      }),
    )
    .addHelpText("after", "\nExample:\n  docferry jobs list --type import --limit 100")
    .action(
      async (options: Options & { state?: Job["state"]; type?: Job["type"]; limit?: number }) => {
        const { state, type, limit = 20 } = options;
        const found: Job[] = [];
        const listing = clientOf(options).jobs.list({
          pageSize: Math.min(limit, 100),
          ...(state && { state }),
          ...(type && { type }),
        });
        for await (const job of listing) {
          found.push(job);
          if (found.length === limit) break;
        }
        tell(options, found, () =>
          tableText([
            ["ID", "TYPE", "STATE", "RECORDS", "FAILED", "COLLECTION", "FILE", "CREATED"],
            ...found.map(rowOf),
          ]),
        );
      },
    );
}

function rowOf(job: Job): (string | number)[] {
  const { records, rejects } = job.progress;
  const state = job.stalled === null ? job.state : `${job.state} (${job.stalled})`;
  return [job.id, job.type, state, records, rejects, job.collection, job.file, job.created];
}

function showCommand(): Command {
  return common(new Command("show").description("show a job"))
    .addArgument(jobIdArgument("<id>", "the job's id"))
    .addHelpText("after", "\nExample:\n  docferry jobs show 7 --json")
    .action(async (id: number, options: Options) => {
      const job = await clientOf(options).jobs.at(id).get();
      tell(options, job, () => jobText(job));
    });
}

function watchCommand(): Command {
  return common(new Command("watch").description("show a job's progress until it ends"))
    .addArgument(jobIdArgument("<id>", "the job's id"))
    .option("--quiet", "show no progress, only wait")
    .addHelpText(
      "after",
      "\nExit code 0: it succeeded; 3: with records that failed; 1: it failed or was cancelled.\n\nExample:\n  docferry jobs watch 7",
    )
    .action(async (id: number, options: Options & { quiet?: true }) => {
      using interrupt = interruptSignal();
      const display = progressDisplay(`job ${id}`, {
        stream: process.stderr,
        quiet: options.quiet === true,
        environment: process.env,
        clock: () => performance.now(),
      });
      try {
        const { signal } = interrupt;
        const job = await followServerJob(clientOf(options).jobs.at(id), { display, signal });
        display.stop();
        tell(options, job, () => jobText(job));
        process.exitCode = watchedCode(job);
      } finally {
        display.stop();
      }
    });
}

function watchedCode({ state, progress }: Job): number {
  if (state !== "succeeded") return exitCodes.failed;
  return progress.rejects > 0 ? exitCodes.rejects : exitCodes.done;
}

function cancelCommand(): Command {
  return common(new Command("cancel").description("ask a job to end; what it has written stays"))
    .addArgument(jobIdArgument("<id>", "the job's id"))
    .addHelpText("after", "\nExample:\n  docferry jobs cancel 7")
    .action(async (id: number, options: Options) => {
      const job = await clientOf(options).jobs.at(id).cancel();
      tell(options, job, () => `Job ${id} is ${job.state}\n`);
    });
}

function rejectsCommand(): Command {
  return common(
    new Command("rejects").description("tell why records failed, or fetch them as they were"),
  )
    .addArgument(jobIdArgument("<id>", "the job's id"))
    .addOption(
      textOption(
        "--out <path>",
        "write the records as they were to this file, to mend and import again",
      ),
    )
    .addHelpText(
      "after",
      "\nExamples:\n  docferry jobs rejects 7                     why each record failed\n  docferry jobs rejects 7 --out broken.json   the records themselves",
    )
    .action(async (id: number, options: Options & { out?: string }) => {
      const job = clientOf(options).jobs.at(id);
      if (options.out !== undefined) {
        const output = openOutput(options.out === "-" ? null : options.out, process.stdout);
        await output.take(await job.rejectFile(), { signal: new AbortController().signal });
        return;
      }
      for await (const reject of job.rejects()) {
        const line = options.json
          ? JSON.stringify(reject)
          : `line ${reject.line}: ${reject.message} (${reject.code})`;
        if (!process.stdout.write(`${line}\n`)) await drained();
      }
    });
}

function drained(): Promise<void> {
  return new Promise((resolve) => process.stdout.once("drain", resolve));
}

function retryCommand(): Command {
  return common(
    new Command("retry").description("import the records again that failed, as they were"),
  )
    .addArgument(jobIdArgument("<id>", "the job whose records failed"))
    .addHelpText("after", "\nExample:\n  docferry jobs retry 7")
    .action(async (id: number, options: Options) => {
      const handle = await clientOf(options).jobs.at(id).retryRejects();
      tell(
        options,
        { id: handle.id },
        () => `Job ${handle.id} imports them; docferry jobs watch ${handle.id} shows it\n`,
      );
    });
}

function common(command: Command): Command {
  serverOptions(command);
  return command.option("--json", "tell it as JSON");
}

function clientOf(options: Options): Docferry {
  return serviceClient(requireServer(options));
}

function tell(options: Options, value: unknown, text: () => string): void {
  process.stdout.write(options.json ? `${JSON.stringify(value)}\n` : text());
}

function jobText(job: Job): string {
  const { progress, result, error } = job;
  const rows: [string, string | null][] = [
    ["job", `${job.id}, ${job.type} of ${job.format} in ${job.environment}`],
    ["state", job.stalled === null ? job.state : `${job.state}, waiting: ${job.stalled}`],
    ["collection", job.collection],
    ["file", job.file],
    ["records", `${progress.records}, ${progress.rejects} failed`],
    ["written", result && job.type === "import" ? writtenText(result) : null],
    [
      "bytes",
      progress.totalBytes === null
        ? `${progress.bytes}`
        : `${progress.bytes} of ${progress.totalBytes}`,
    ],
    ["result", result?.file ?? null],
    ["error", error && `${error.message} (${error.code}). ${error.hint}`],
    ["created", job.created],
    ["started", job.started],
    ["ended", job.ended],
  ];
  return rows
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name.padEnd(12)}${value}\n`)
    .join("");
}

function writtenText({
  inserted,
  updated,
  unchanged,
  deleted,
}: NonNullable<Job["result"]>): string {
  return `${inserted} new, ${updated} changed, ${unchanged} as they were, ${deleted} deleted`;
}
