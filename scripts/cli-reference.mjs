// Writes docs/cli.md: the help of every command. With --check it writes nothing and fails where the file is another.
import { readFileSync, writeFileSync } from "node:fs";
import { docferryProgram } from "../src/cli/program.ts";

const file = new URL("../docs/cli.md", import.meta.url);
const program = await docferryProgram(() => true);
const text = `# Command line

Made from the commands themselves by \`npm run cli-reference\`. \`docferry COMMAND --help\` says the same.

| exit code | |
| --- | --- |
| 0 | done |
| 1 | failed |
| 2 | what was typed makes no sense |
| 3 | done, but some records failed |
| 130 | stopped by Ctrl-C |

Results go to stdout (\`--json\` for machines), progress and faults to stderr. A job that was stopped goes on when the same
command is started again: its state is kept in \`$DOCFERRY_STATE\`, else \`$XDG_STATE_HOME/docferry\`, else
\`~/.local/state/docferry\`, until it has come to its end.

${sections(program, "docferry").join("\n")}
What of \`mongoimport\` and \`mongoexport\` is the same and what is not: [coming from them](coming-from-mongo-tools.md).
`;

if (process.argv.includes("--check")) {
  if (readFileSync(file, "utf8") !== text) {
    console.error("docs/cli.md is not what the commands say: run npm run cli-reference");
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, text);
}

/** The help of a command and of those within it. */
function sections(command, path) {
  return [
    `## ${path}\n\n\`\`\`text\n${helpOf(command)}\`\`\`\n`,
    ...command.commands.flatMap((inner) => sections(inner, `${path} ${inner.name()}`)),
  ];
}

function helpOf(command) {
  let help = "";
  const output = { writeOut: (piece) => (help += piece), getOutHelpWidth: () => 100 };
  command.configureOutput({ ...output, getOutHasColors: () => false });
  command.outputHelp();
  return `${help.trimEnd()}\n`;
}
