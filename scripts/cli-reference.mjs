// Writes docs/cli.md: the help of every command, and what import and export make of the options of mongoimport and
// mongoexport. With --check it writes nothing and fails where the file is another.
import { readFileSync, writeFileSync } from "node:fs";
import { refusedByExport, refusedByImport } from "../src/cli/options/refused.ts";
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
## Coming from mongoimport and mongoexport

\`import\` and \`export\` take their options under the same names. What is otherwise than there:

| | mongoimport, mongoexport 100.18 | docferry |
| --- | --- | --- |
| a line that is no JSON | ends the import; what is stored before and behind it is by chance | costs one record, which comes back with its line and the reason |
| exit code with failed records | 0 | 3 |
| stopped in the middle | begins anew, by hand | the same command goes on |
| order of records | not kept unless asked for | always that of the file |
| \`9223372036854775809\` | a double, rounded in silence | the exact number, as a decimal |
| CSV cells \`01\`, \`1_000\`, \`inf\` | numbers | text, because a number would not print the same |
| Int64 in relaxed JSON | comes back as Int32 | so it does here, and is counted; \`--jsonFormat lossless\` keeps it |
| a CSV without \`--fields\` | refused | the union of top-level fields, \`_id\` first |
| \`-f a.b\` on JSON | all of \`a\` comes out | \`a.b\` comes out |
| a collection that is not there | nothing comes out, exit code 0 | an error, exit code 1 |
| \`-o\` | the old file is gone at once | the new one takes its place when it is whole |
| last TSV line without line break | lost | a record |

Options that are not taken, and why:

| option | of | reason |
| --- | --- | --- |
${refusedRows().join("\n")}
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

function refusedRows() {
  const rows = new Map();
  for (const [tool, refused] of [
    ["import", refusedByImport],
    ["export", refusedByExport],
  ]) {
    for (const { flags, reason } of refused) {
      rows.set(flags, { reason, tools: [...(rows.get(flags)?.tools ?? []), tool] });
    }
  }
  return [...rows].map(
    ([flags, { reason, tools }]) => `| \`${flags}\` | ${tools.join(", ")} | ${reason} |`,
  );
}
