import { existsSync, readFileSync } from "node:fs";
import { Command } from "commander";
import { resolveConfig } from "../config.ts";
import { dataPaths } from "../data-folder.ts";
import { checkFolder } from "./doctor/check-folder.ts";
import { checkMachine, thisMachine } from "./doctor/check-machine.ts";
import { checkPort } from "./doctor/check-port.ts";
import type { Finding } from "./doctor/finding.ts";
import { exitCodes } from "./exit-codes.ts";
import { textOption } from "./options/values.ts";

interface Options {
  data?: string;
  host?: string;
  port?: string;
  json?: true;
}

/** `docferry doctor` */
export function doctorCommand(): Command {
  return new Command("doctor")
    .addOption(textOption("--data <folder>", "the data folder (DOCFERRY_DATA; default: ./data)"))
    .addOption(textOption("--host <address>", "address to listen on (DOCFERRY_HOST)"))
    .addOption(textOption("--port <port>", "port to listen on (DOCFERRY_PORT)"))
    .option("--json", "tell it as JSON")
    .addHelpText(
      "after",
      `
Nothing is changed. Exit code 1 if something would keep a service from working.

Examples:
  docferry doctor
  docferry doctor --data /srv/docferry --host 0.0.0.0 --port 80`,
    )
    .action(doctor);
}

async function doctor(options: Options): Promise<void> {
  const { data, host, port } = options;
  const config = resolveConfig({ data, host, port }, process.env, null);
  const paths = dataPaths(config.data);
  const serving = existsSync(paths.address) ? readFileSync(paths.address, "utf8").trim() : null;
  const findings = [
    ...checkMachine(thisMachine()),
    ...checkFolder(paths, Date.now()),
    await checkPort(config, serving),
  ];
  process.stdout.write(options.json ? `${JSON.stringify(findings)}\n` : findingsText(findings));
  if (findings.some(({ verdict }) => verdict === "bad")) process.exitCode = exitCodes.failed;
}

const marks = { good: "ok  ", warning: "look", bad: "BAD " } as const;

function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  const lines = findings.flatMap(({ subject, verdict, found, advice }) => [
    `${marks[verdict]}  ${subject.padEnd(width)}  ${found}`,
    ...(advice === null ? [] : [`${" ".repeat(width + 8)}→ ${advice}`]),
  ]);
  const faults = findings.filter(({ verdict }) => verdict === "bad").length;
  return `${lines.join("\n")}\n\n${faults === 0 ? "Nothing stands in the way." : `${faults} to mend.`}\n`;
}
