import { Command } from "commander";
import { asOperator, operatorOptions, type OperatorOptions, tellOperator } from "./operator.ts";
import { textOption } from "./options/values.ts";
import { tableText } from "./table.ts";

type Options = OperatorOptions & { app: string };

/** `docferry key` */
export function keyCommand(): Command {
  return new Command("key")
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(removeCommand())
    .addHelpText(
      "after",
      `
Takes effect at once, in a service that runs on the data folder, too.

Examples:
  docferry key add --app wx0123456789abcdef
  docferry key remove --app wx0123456789abcdef AKIDexample`,
    );
}

function addCommand(): Command {
  return common(
    new Command("add").description(
      "add a Cloud API key and tell it, once; it is a token for /v1, too",
    ),
  )
    .addOption(textOption("--id <id>", "its id (default: a random one)"))
    .addOption(textOption("--key <key>", "the key (default: a random one)"))
    .addHelpText("after", "\nExample:\n  docferry key add --app wx0123456789abcdef")
    .action(async (options: Options & { id?: string; key?: string }) => {
      const { app, id: secretId, key: secretKey } = options;
      const key = await asOperator(options, (admin) =>
        admin.addKey(app, {
          ...(secretId !== undefined && { secretId }),
          ...(secretKey !== undefined && { secretKey }),
        }),
      );
      tellOperator(
        options,
        key,
        () =>
          `cloud api  ${key.secretId}\nits key    ${key.secretKey}   (shown once: keep it)\napi key    ${key.apiKey}   (both in one word, for --token)\n`,
      );
    });
}

function listCommand(): Command {
  return common(new Command("list").description("list an app's Cloud API keys, oldest first"))
    .addHelpText("after", "\nExample:\n  docferry key list --app wx0123456789abcdef")
    .action(async (options: Options) => {
      const keys = await asOperator(options, (admin) => admin.keys(options.app));
      tellOperator(options, keys, () =>
        tableText([["ID", "APP"], ...keys.map(({ secretId, app }) => [secretId, app])]),
      );
    });
}

function removeCommand(): Command {
  return common(
    new Command("remove").description(
      "remove a Cloud API key: nothing is taken with it from then on",
    ),
  )
    .argument("<key>", "its id")
    .addHelpText("after", "\nExample:\n  docferry key remove --app wx0123456789abcdef AKIDexample")
    .action(async (secretId: string, options: Options) => {
      await asOperator(options, (admin) => admin.removeKey(options.app, secretId));
      tellOperator(options, { removed: secretId }, () => `Removed key ${secretId}\n`);
    });
}

function common(command: Command): Command {
  return operatorOptions(command).addOption(
    textOption("--app <id>", "the app that it belongs to").makeOptionMandatory(),
  );
}
