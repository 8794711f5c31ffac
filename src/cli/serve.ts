import { Command, Option } from "commander";
import { configSettings, resolveConfig } from "../config.ts";
import { startService, type Service } from "../service.ts";
import { textOption } from "./options/values.ts";
import { createLogger } from "../telemetry/logger.ts";

/** `docferry serve` */
export function serveCommand(): Command {
  const command = new Command("serve").addOption(
    textOption("--config <file>", "JSON file with settings (DOCFERRY_CONFIG)"),
  );
  for (const setting of configSettings) {
    const flags = setting.isSwitch ? `--${setting.flag}` : `--${setting.flag} <value>`;
    // How many cores there are is no default to read about.
    const isTold = setting.default !== "" && !setting.isSwitch && setting.key !== "threads";
    const shown = isTold ? `, default ${setting.default}` : "";
    const description = `${setting.description} (${setting.variable}${shown})`;
    command.addOption(
      setting.isSwitch ? new Option(flags, description) : textOption(flags, description),
    );
  }
  command.addHelpText(
    "after",
    `
Examples:
  docferry serve                                  on 127.0.0.1:8787, data in ./data
  docferry serve --port 0 --data /srv/docferry    on any free port
  docferry serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem`,
  );
  return command.action(serve);
}

async function serve(options: Record<string, unknown>): Promise<void> {
  const file = (options["config"] as string | undefined) ?? process.env["DOCFERRY_CONFIG"] ?? null;
  const config = resolveConfig(options, process.env, file);
  const logger = createLogger(config.logLevel);
  const service = await startService(config, logger);
  drainWhenAsked(service);
  process.stdout.write(`docferry listening on ${service.address}\n${welcome(service)}`);
}

/** What a person needs for the first calls. The secret is shown by the start that made it, and never again. */
function welcome({ address, account }: Service): string {
  const secret = account.secret ?? "$DOCFERRY_APP_SECRET";
  const environment = account.environment ?? "ENVIRONMENT";
  const lines = [
    `  app          ${account.appId}`,
    ...(account.secret ? [`  app secret   ${account.secret}   (shown once: keep it)`] : []),
    `  environment  ${environment}`,
    ...(account.secretKey
      ? [
          `  cloud api    ${account.secretId}`,
          `  its key      ${account.secretKey}   (shown once: keep it)`,
        ]
      : []),
    "",
    "  Try it (npm run demo shows the whole way of a file):",
    `  TOKEN=$(curl -s '${address}/cgi-bin/token?grant_type=client_credential&appid=${account.appId}&secret='${secret} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    `  curl -s "${address}/tcb/uploadfile?access_token=$TOKEN" -d '{"env":"${environment}","path":"people.json"}'`,
    `  curl -s "${address}/tcb/databasemigratequeryinfo?access_token=$TOKEN" -d '{"env":"${environment}","job_id":1}'`,
    "",
  ];
  return `${lines.join("\n")}\n`;
}

/** How often a service that npm started looks whether npm is still there. */
const parentLookMs = 250;

/**
 * SIGTERM and SIGINT drain. npm forwards no SIGTERM to what it runs: it dies and would leave the service behind, so a
 * service that npm started drains when its parent goes.
 */
function drainWhenAsked(service: Service): void {
  const drain = () => {
    service.drain().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`docferry: draining failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", drain);
  process.on("SIGINT", drain);
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) drain();
  }, parentLookMs).unref();
}
