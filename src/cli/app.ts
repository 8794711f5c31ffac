import { Command } from "commander";
import { appLimitCommand } from "./limit.ts";
import { asOperator, operatorOptions, type OperatorOptions, tellOperator } from "./operator.ts";
import { textOption } from "./options/values.ts";
import { tableText } from "./table.ts";

/** `docferry app` */
export function appCommand(): Command {
  return new Command("app")
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(rotateCommand())
    .addCommand(removeCommand())
    .addCommand(appLimitCommand())
    .addCommand(requestCommand())
    .addHelpText(
      "after",
      `
Takes effect at once, in a service that runs on the data folder, too.

Examples:
  docferry app add --data ./data
  docferry app rotate wx0123456789abcdef
  docferry app list --json`,
    );
}

function addCommand(): Command {
  return operatorOptions(new Command("add").description("add an app and tell its secret, once"))
    .addOption(textOption("--id <id>", "its id (default: a random one)"))
    .addOption(textOption("--secret <secret>", "its secret (default: a random one)"))
    .addHelpText("after", "\nExample:\n  docferry app add --id wx0123456789abcdef")
    .action(async (options: OperatorOptions & { id?: string; secret?: string }) => {
      const { id, secret } = options;
      const app = await asOperator(options, (admin) =>
        admin.addApp({ ...(id !== undefined && { id }), ...(secret !== undefined && { secret }) }),
      );
      tellOperator(
        options,
        app,
        () =>
          `app     ${app.id}\nsecret  ${app.secret}   (shown once: keep it)\n\nIt can do nothing before it has an environment: docferry env add --app ${app.id}\n`,
      );
    });
}

function listCommand(): Command {
  return operatorOptions(new Command("list").description("list apps, oldest first"))
    .addHelpText("after", "\nExample:\n  docferry app list")
    .action(async (options: OperatorOptions) => {
      const apps = await asOperator(options, (admin) => admin.apps());
      tellOperator(options, apps, () =>
        tableText([
          ["ID", "ENVIRONMENTS", "KEYS", "CREATED"],
          ...apps.map(({ id, environments, keys, created }) => [
            id,
            environments.join(" ") || "-",
            keys.join(" ") || "-",
            created,
          ]),
        ]),
      );
    });
}

function rotateCommand(): Command {
  return operatorOptions(
    new Command("rotate").description("give an app another secret; the old one and its tokens end"),
  )
    .argument("<app>", "its id")
    .addOption(textOption("--secret <secret>", "the new secret (default: a random one)"))
    .addHelpText("after", "\nExample:\n  docferry app rotate wx0123456789abcdef")
    .action(async (id: string, options: OperatorOptions & { secret?: string }) => {
      const app = await asOperator(options, (admin) => admin.rotateSecret(id, options.secret));
      tellOperator(options, app, () => `secret  ${app.secret}   (shown once: keep it)\n`);
    });
}

function removeCommand(): Command {
  return operatorOptions(
    new Command("remove").description("remove an app with its environments, tokens and keys"),
  )
    .argument("<app>", "its id")
    .option("--cancel-jobs", "cancel jobs that have not ended; without it they are a reason not to")
    .addHelpText("after", "\nExample:\n  docferry app remove wx0123456789abcdef --cancel-jobs")
    .action(async (id: string, options: OperatorOptions & { cancelJobs?: true }) => {
      const cancelJobs = options.cancelJobs === true;
      await asOperator(options, (admin) => admin.removeApp(id, { cancelJobs }), {
        cancels: cancelJobs,
      });
      tellOperator(options, { removed: id }, () => `Removed app ${id}\n`);
    });
}

function requestCommand(): Command {
  return operatorOptions(
    new Command("request").description("show a request that failed, by the rid of its error"),
  )
    .argument("<rid>", "what the errmsg ends in")
    .addHelpText("after", "\nExample:\n  docferry app request 68aeab00-21ea7900-3a442400")
    .action(async (rid: string, options: OperatorOptions) => {
      const found = await asOperator(options, (admin) => admin.failedRequest(rid));
      tellOperator(options, found, () =>
        tableText([
          ["time", `${found.time}, took ${found.ms} ms`],
          ["account", found.account ?? "not known"],
          ["client", found.client],
          ["request", `${found.method} ${found.url}`],
          ["body", found.body || "-"],
          ["answer", found.answer],
        ]),
      );
    });
}
