import { Command } from "commander";
import { UsageError } from "./command-errors.ts";
import { envLimitCommand } from "./limit.ts";
import { asOperator, operatorOptions, type OperatorOptions, tellOperator } from "./operator.ts";
import { textOption } from "./options/values.ts";
import { tableText } from "./table.ts";

/** Whose environments. */
interface OwnerOptions {
  app?: string;
  platform?: string;
}

/** `docferry env` */
export function envCommand(): Command {
  return new Command("env")
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(shareCommand())
    .addCommand(unshareCommand())
    .addCommand(removeCommand())
    .addCommand(envLimitCommand())
    .addHelpText(
      "after",
      `
Takes effect at once, in a service that runs on the data folder, too.

Examples:
  docferry env add --app wx0123456789abcdef
  docferry env add --platform wxplatform --id shared-4a89da
  docferry env share shared-4a89da --app wx0123456789abcdef
  docferry env list
  docferry env remove test-4a89da --cancel-jobs`,
    );
}

function addCommand(): Command {
  return operatorOptions(
    new Command("add").description("add an environment to an app or a platform"),
  )
    .addOption(textOption("--app <id>", "the app that it is to belong to").conflicts("platform"))
    .addOption(textOption("--platform <id>", "the platform that it is to belong to"))
    .addOption(textOption("--id <id>", "its id (default: a random one)"))
    .addHelpText(
      "after",
      "\nExample:\n  docferry env add --app wx0123456789abcdef --id test-4a89da",
    )
    .action(async (options: OperatorOptions & OwnerOptions & { id?: string }) => {
      const { app, platform, id } = options;
      if (app === undefined && platform === undefined) {
        throw new UsageError("--app or --platform is missing: whose environment is it to be?");
      }
      const added = await asOperator(options, (admin) =>
        admin.addEnvironment({
          ...(app !== undefined && { app }),
          ...(platform !== undefined && { platform }),
          ...(id !== undefined && { id }),
        }),
      );
      tellOperator(options, added, () => `environment  ${added.id}\n`);
    });
}

function listCommand(): Command {
  return operatorOptions(new Command("list").description("list environments"))
    .addOption(textOption("--app <id>", "only those of this app").conflicts("platform"))
    .addOption(textOption("--platform <id>", "only those of this platform"))
    .addHelpText("after", "\nExample:\n  docferry env list --app wx0123456789abcdef")
    .action(async (options: OperatorOptions & OwnerOptions) => {
      const { app, platform } = options;
      const found = await asOperator(options, (admin) =>
        admin.environments({
          ...(app !== undefined && { app }),
          ...(platform !== undefined && { platform }),
        }),
      );
      tellOperator(options, found, () =>
        tableText([
          ["ID", "APP", "PLATFORM", "SHARED WITH"],
          ...found.map((environment) => [
            environment.id,
            environment.app ?? "-",
            environment.platform ?? "-",
            environment.sharedWith.join(" ") || "-",
          ]),
        ]),
      );
    });
}

function shareCommand(): Command {
  return shareOptions(new Command("share").description("let an app reach a platform's environment"))
    .addHelpText("after", "\nExample:\n  docferry env share shared-4a89da --app wx0123456789abcdef")
    .action(async (id: string, options: OperatorOptions & { app: string }) => {
      const { app } = options;
      await asOperator(options, (admin) => admin.shareEnvironment(id, app));
      tellOperator(options, { shared: id, app }, () => `App ${app} reaches environment ${id}\n`);
    });
}

function unshareCommand(): Command {
  return shareOptions(
    new Command("unshare").description("let an app reach a platform's environment no longer"),
  )
    .addHelpText(
      "after",
      "\nExample:\n  docferry env unshare shared-4a89da --app wx0123456789abcdef",
    )
    .action(async (id: string, options: OperatorOptions & { app: string }) => {
      const { app } = options;
      await asOperator(options, (admin) => admin.unshareEnvironment(id, app));
      tellOperator(
        options,
        { unshared: id, app },
        () => `App ${app} reaches environment ${id} no longer\n`,
      );
    });
}

function shareOptions(command: Command): Command {
  return operatorOptions(command)
    .argument("<environment>", "its id")
    .addOption(textOption("--app <id>", "the app").makeOptionMandatory());
}

function removeCommand(): Command {
  return operatorOptions(
    new Command("remove").description("remove an environment with its jobs, files and documents"),
  )
    .argument("<environment>", "its id")
    .option("--cancel-jobs", "cancel jobs that have not ended; without it they are a reason not to")
    .addHelpText("after", "\nExample:\n  docferry env remove test-4a89da")
    .action(async (id: string, options: OperatorOptions & { cancelJobs?: true }) => {
      const cancelJobs = options.cancelJobs === true;
      await asOperator(options, (admin) => admin.removeEnvironment(id, { cancelJobs }), {
        cancels: cancelJobs,
      });
      tellOperator(options, { removed: id }, () => `Removed environment ${id}\n`);
    });
}
