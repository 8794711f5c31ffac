import { Command, InvalidArgumentError, Option } from "commander";
import { platformLimitCommand } from "./limit.ts";
import { asOperator, operatorOptions, type OperatorOptions, tellOperator } from "./operator.ts";
import { once, repeatedOption, textOption } from "./options/values.ts";
import { tableText } from "./table.ts";

/** `docferry platform` */
export function platformCommand(): Command {
  return new Command("platform")
    .addCommand(addCommand())
    .addCommand(ticketCommand())
    .addCommand(authorizeCommand())
    .addCommand(revokeCommand())
    .addCommand(listCommand())
    .addCommand(removeCommand())
    .addCommand(platformLimitCommand())
    .addHelpText(
      "after",
      `
Takes effect at once, in a service that runs on the data folder, too.

Examples:
  docferry platform add --id wxplatform --secret s3cret --redirect-host example.com
  docferry platform ticket --id wxplatform
  docferry platform authorize --platform wxplatform --app wx0123456789abcdef --sets 18,49
  docferry platform revoke --platform wxplatform --app wx0123456789abcdef`,
    );
}

interface AddOptions extends OperatorOptions {
  id?: string;
  secret?: string;
  redirectHost?: string[];
}

function addCommand(): Command {
  return operatorOptions(new Command("add").description("add a platform and tell its secret, once"))
    .addOption(textOption("--id <id>", "its id (component appid; default: a random one)"))
    .addOption(textOption("--secret <secret>", "its secret (default: a random one)"))
    .addOption(
      repeatedOption(
        "--redirect-host <host>",
        "a host to which the consent page may lead back; again for more (default: this machine's alone)",
      ),
    )
    .addHelpText("after", "\nExample:\n  docferry platform add --redirect-host example.com")
    .action(async (options: AddOptions) => {
      const { id, secret, redirectHost } = options;
      const platform = await asOperator(options, (admin) =>
        admin.addPlatform({
          ...(id !== undefined && { id }),
          ...(secret !== undefined && { secret }),
          ...(redirectHost !== undefined && { redirectHosts: redirectHost }),
        }),
      );
      tellOperator(
        options,
        platform,
        () =>
          `platform  ${platform.id}\nsecret    ${platform.secret}   (shown once: keep it)\n\nIt gets no token before it has a ticket: docferry platform ticket --id ${platform.id}\n`,
      );
    });
}

function ticketCommand(): Command {
  return operatorOptions(
    new Command("ticket").description("set a platform's ticket, which holds 12 hours, and tell it"),
  )
    .addOption(textOption("--id <id>", "the platform").makeOptionMandatory())
    .addOption(textOption("--set <ticket>", "the ticket (default: a random one)"))
    .addHelpText("after", "\nExample:\n  docferry platform ticket --id wxplatform")
    .action(async (options: OperatorOptions & { id: string; set?: string }) => {
      const ticket = await asOperator(options, (admin) => admin.setTicket(options.id, options.set));
      tellOperator(options, ticket, () => `ticket  ${ticket.ticket}\nuntil   ${ticket.expires}\n`);
    });
}

function authorizeCommand(): Command {
  return pairOptions(
    new Command("authorize").description(
      "let a platform act for an app, in the place of its owner's consent",
    ),
  )
    .addOption(
      new Option(
        "--sets <numbers>",
        "permission sets, separated by commas: 49 or 64 opens CloudBase",
      )
        .argParser(setNumbers)
        .makeOptionMandatory(),
    )
    .addHelpText(
      "after",
      "\nExample:\n  docferry platform authorize --platform wxplatform --app wx0123456789abcdef --sets 18,49",
    )
    .action(async (options: PairOptions & { sets: number[] }) => {
      const made = await asOperator(options, (admin) =>
        admin.authorizePlatform(options.platform, { app: options.app, sets: options.sets }),
      );
      tellOperator(
        options,
        {
          authorizer_appid: made.app,
          authorizer_refresh_token: made.refreshToken,
          sets: made.sets,
        },
        () =>
          `app            ${made.app}\nsets           ${made.sets.join(",")}\nrefresh token  ${made.refreshToken}\n`,
      );
    });
}

function revokeCommand(): Command {
  return pairOptions(
    new Command("revoke").description(
      "let a platform act for an app no longer: its tokens for it end at once",
    ),
  )
    .addHelpText(
      "after",
      "\nExample:\n  docferry platform revoke --platform wxplatform --app wx0123456789abcdef",
    )
    .action(async (options: PairOptions) => {
      const { platform, app } = options;
      await asOperator(options, (admin) => admin.revokePlatform(platform, app));
      tellOperator(
        options,
        { revoked: app, platform },
        () => `Platform ${platform} acts for app ${app} no longer\n`,
      );
    });
}

function listCommand(): Command {
  return operatorOptions(
    new Command("list").description("list platforms with what apps let them do, oldest first"),
  )
    .addHelpText("after", "\nExample:\n  docferry platform list --json")
    .action(async (options: OperatorOptions) => {
      const platforms = await asOperator(options, (admin) => admin.platforms());
      tellOperator(options, platforms, () =>
        tableText([
          ["ID", "APP", "SETS", "SINCE", "REDIRECTS TO"],
          ...platforms.flatMap(({ id, redirectHosts, authorizations }) => {
            const hosts = redirectHosts.join(" ") || "-";
            if (authorizations.length === 0) return [[id, "-", "-", "-", hosts]];
            return authorizations.map(({ app, sets, since }) => [
              id,
              app,
              sets.join(","),
              since,
              hosts,
            ]);
          }),
        ]),
      );
    });
}

function removeCommand(): Command {
  return operatorOptions(
    new Command("remove").description(
      "remove a platform with its environments, authorisations and tokens",
    ),
  )
    .argument("<platform>", "its id")
    .option("--cancel-jobs", "cancel jobs that have not ended; without it they are a reason not to")
    .addHelpText("after", "\nExample:\n  docferry platform remove wxplatform")
    .action(async (id: string, options: OperatorOptions & { cancelJobs?: true }) => {
      const cancelJobs = options.cancelJobs === true;
      await asOperator(options, (admin) => admin.removePlatform(id, { cancelJobs }), {
        cancels: cancelJobs,
      });
      tellOperator(options, { removed: id }, () => `Removed platform ${id}\n`);
    });
}

type PairOptions = OperatorOptions & { platform: string; app: string };

function pairOptions(command: Command): Command {
  return operatorOptions(command)
    .addOption(textOption("--platform <id>", "the platform").makeOptionMandatory())
    .addOption(textOption("--app <id>", "the app").makeOptionMandatory());
}

function setNumbers(typed: string, previous: unknown): number[] {
  if (!/^[1-9]\d{0,3}(,[1-9]\d{0,3})*$/.test(typed)) {
    throw new InvalidArgumentError("It must be whole numbers from 1 to 9999, such as 18,49.");
  }
  return once(typed.split(",").map(Number), previous);
}
