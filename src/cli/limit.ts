import { Command, InvalidArgumentError, Option } from "commander";
import type { AccountLimits, DocferryAdmin, EnvironmentLimits } from "#client";
import { once } from "./options/values.ts";
import { asOperator, operatorOptions, type OperatorOptions, tellOperator } from "./operator.ts";

interface LimitOptions extends OperatorOptions {
  requestsPerMinute?: number | "none";
  requestsPerDay?: number | "none";
  jobs?: number | "none";
  storedBytes?: number | "none";
  addresses?: string[];
}

interface LimitCalls {
  get: (admin: DocferryAdmin, id: string) => Promise<Shown>;
  set: (admin: DocferryAdmin, id: string, limits: Omit<Shown, "used">) => Promise<Shown>;
}

type Shown = EnvironmentLimits & Partial<Pick<AccountLimits, "addresses">>;

/** `docferry app limit` */
export function appLimitCommand(): Command {
  return accountLimitCommand("app", "an app", "wx0123456789abcdef", {
    get: (admin, id) => admin.appLimits(id),
    set: (admin, id, changed) => admin.setAppLimits(id, changed),
  });
}

/** `docferry platform limit` */
export function platformLimitCommand(): Command {
  return accountLimitCommand("platform", "a platform", "wxplatform", {
    get: (admin, id) => admin.platformLimits(id),
    set: (admin, id, changed) => admin.setPlatformLimits(id, changed),
  });
}

function accountLimitCommand(
  what: string,
  named: string,
  example: string,
  calls: LimitCalls,
): Command {
  return limitCommand(what, `what ${named} may use, and where it may log in from`, calls)
    .addOption(
      new Option(
        "--addresses <list>",
        "IP addresses and networks that may get tokens, with commas between them; none: all may",
      ).argParser((typed: string, previous: unknown) => once(addressesIn(typed), previous)),
    )
    .addHelpText(
      "after",
      `
Without options it shows them. Only what is named is changed; "none" takes a limit off.

Examples:
  docferry ${what} limit ${example} --requests-per-minute 600 --jobs 4
  docferry ${what} limit ${example} --addresses 10.0.0.0/8,2001:db8::1
  docferry ${what} limit ${example} --requests-per-minute none`,
    );
}

/** `docferry env limit` */
export function envLimitCommand(): Command {
  return limitCommand("environment", "what an environment may use", {
    get: (admin, id) => admin.environmentLimits(id),
    set: (admin, id, changed) => admin.setEnvironmentLimits(id, changed),
  }).addHelpText(
    "after",
    `
Without options it shows them. Only what is named is changed; "none" takes a limit off.

Examples:
  docferry env limit test-4a89da --stored-bytes 5000000000
  docferry env limit test-4a89da --requests-per-day none`,
  );
}

function limitCommand(what: string, description: string, calls: LimitCalls): Command {
  return operatorOptions(new Command("limit").description(`show or change ${description}`))
    .argument(`<${what}>`, "its id")
    .addOption(limitOption("--requests-per-minute <number>", "requests in a minute of the clock"))
    .addOption(
      limitOption("--requests-per-day <number>", "requests in a day, from midnight in China"),
    )
    .addOption(limitOption("--jobs <number>", "jobs that have not ended"))
    .addOption(limitOption("--stored-bytes <number>", "bytes of files"))
    .action(async (id: string, options: LimitOptions) => {
      const shown = await asOperator(options, async (admin) => {
        const { used: _, ...present } = await calls.get(admin, id);
        const changes = changesIn(options);
        return Object.keys(changes).length === 0
          ? calls.get(admin, id)
          : calls.set(admin, id, { ...present, ...changes });
      });
      tellOperator(options, shown, () => textOf(shown));
    });
}

function limitOption(flags: string, description: string): Option {
  return new Option(flags, `${description}; none: no limit`).argParser(
    (typed: string, previous: unknown) => {
      if (typed === "none") return once(typed, previous);
      if (/^\d{1,15}$/.test(typed)) return once(Number(typed), previous);
      throw new InvalidArgumentError("It must be a whole number, 0 or more, or none.");
    },
  );
}

function addressesIn(typed: string): string[] {
  if (typed === "none") return [];
  const addresses = typed.split(",").map((address) => address.trim());
  if (addresses.every((address) => address !== "")) return addresses;
  throw new InvalidArgumentError("It must be addresses with commas between them, or none.");
}

function changesIn(options: LimitOptions): Partial<Omit<Shown, "used">> {
  const changes: Partial<Omit<Shown, "used">> = {};
  for (const name of ["requestsPerMinute", "requestsPerDay", "jobs", "storedBytes"] as const) {
    const value = options[name];
    if (value !== undefined) changes[name] = value === "none" ? null : value;
  }
  if (options.addresses) changes.addresses = options.addresses;
  return changes;
}

function textOf({ used, addresses, ...limits }: Shown): string {
  const lines = [
    `requests per minute  ${limits.requestsPerMinute ?? "no limit"}`,
    `requests per day     ${limits.requestsPerDay ?? "no limit"}${used.requestsToday === null ? "" : `   (${used.requestsToday} today)`}`,
    `jobs in flight       ${limits.jobs ?? "no limit"}   (${used.jobs} now)`,
    `stored bytes         ${limits.storedBytes ?? "no limit"}   (${used.storedBytes} now)`,
  ];
  if (addresses) lines.push(`addresses            ${addresses.join(", ") || "all"}`);
  return `${lines.join("\n")}\n`;
}
