import { Command } from "commander";
import { asOperator, operatorOptions, type OperatorOptions, tellOperator } from "./operator.ts";
import { textOption } from "./options/values.ts";
import { tableText } from "./table.ts";

/** `docferry env` */
export function envCommand(): Command {
  return new Command("env")
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(removeCommand())
    .addHelpText(
      "after",
      `
Takes effect at once, in a service that runs on the data folder, too.

Examples:
  docferry env add --app wx0123456789abcdef
  docferry env list
  docferry env remove test-4a89da --cancel-jobs`,
    );
}

function addCommand(): Command {
  return operatorOptions(new Command("add").description("add an environment to an app"))
    .addOption(textOption("--app <id>", "the app that it is to belong to").makeOptionMandatory())
    .addOption(textOption("--id <id>", "its id (default: a random one)"))
    .addHelpText(
      "after",
      "\nExample:\n  docferry env add --app wx0123456789abcdef --id test-4a89da",
    )
    .action(async (options: OperatorOptions & { app: string; id?: string }) => {
      const { app, id } = options;
      const added = await asOperator(options, (admin) =>
        admin.addEnvironment({ app, ...(id !== undefined && { id }) }),
      );
      tellOperator(options, added, () => `environment  ${added.id}\n`);
    });
}

function listCommand(): Command {
  return operatorOptions(new Command("list").description("list environments"))
    .addOption(textOption("--app <id>", "only those of this app"))
    .addHelpText("after", "\nExample:\n  docferry env list --app wx0123456789abcdef")
    .action(async (options: OperatorOptions & { app?: string }) => {
      const { app } = options;
      const found = await asOperator(options, (admin) =>
        admin.environments(app === undefined ? {} : { app }),
      );
      tellOperator(options, found, () =>
        tableText([
          ["ID", "APP"],
          ...found.map((environment) => [environment.id, environment.app]),
        ]),
      );
    });
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
