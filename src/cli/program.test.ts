import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Command, CommanderError, type Option } from "commander";
import { UsageError } from "./command-errors.ts";
import { docferryProgram } from "./program.ts";

// Every command and every option that there is: a new one is tried, too, as soon as it is there.

interface Tried {
  /** Without `docferry`. */
  path: string[];
  command: Command;
}

const tried = commandsOf(await silentProgram(), []).filter(({ command }) => isLeaf(command));

/** What a command says and does is not wanted here, only whether it would begin. */
async function silentProgram(): Promise<Command> {
  const program = await docferryProgram(() => true);
  for (const { command } of [{ command: program }, ...commandsOf(program, [])]) {
    command.configureOutput({ writeOut() {}, writeErr() {} });
    if (isLeaf(command)) command.action(() => {});
  }
  return program;
}

function commandsOf(command: Command, path: string[]): Tried[] {
  return command.commands.flatMap((inner) => {
    const here = [...path, inner.name()];
    return [{ path: here, command: inner }, ...commandsOf(inner, here)];
  });
}

function isLeaf(command: Command): boolean {
  return command.commands.length === 0;
}

/** @returns what it was refused with */
async function refusal(words: string[]): Promise<Error> {
  const program = await silentProgram();
  try {
    await program.parseAsync(["node", "docferry", ...words]);
  } catch (error) {
    return error as Error;
  }
  return assert.fail(`docferry ${words.join(" ")} was taken`);
}

/** What a command cannot do without, beside an option that is tried. */
function needed({ command }: Tried, option: Option | null): string[] {
  const options = command.options.filter((other) => other.mandatory && other !== option);
  return [
    ...command.registeredArguments
      .filter((argument) => argument.required)
      .map((argument) => argument.argChoices?.[0] ?? "1"),
    ...options.flatMap((other) => [flagOf(other), valueFor(other)]),
  ];
}

function flagOf({ long, short }: Option): string {
  return long ?? short ?? "";
}

/** A value that an option takes. */
function valueFor(option: Option): string {
  const values = [...(option.argChoices ?? []), "x", "1"];
  return values.find((value) => takes(option, value)) ?? assert.fail(`nothing for ${option.flags}`);
}

function takes(option: Option, value: string): boolean {
  try {
    option.parseArg?.(value, undefined as never);
    return true;
  } catch {
    return false;
  }
}

suite("every command", () => {
  test("is taken with what it needs, and not with less or more", async () => {
    for (const each of tried) {
      const words = [...each.path, ...needed(each, null)];
      await (await silentProgram()).parseAsync(["node", "docferry", ...words]);
      const optional = each.command.registeredArguments.filter(({ required }) => !required);
      const error = await refusal([...words, ...optional.map(() => "1"), "and-more"]);
      assert.match(error.message, /too many arguments/, words.join(" "));
      if (words.length === each.path.length) continue;
      const missing = await refusal(each.path);
      assert.match(missing.message, /missing required argument|required option/, words.join(" "));
    }
  });

  test("refuses an option and a command that it has not, and says which were meant", async () => {
    for (const each of tried) {
      const [option] = each.command.options.filter(({ hidden }) => !hidden);
      const words = [...each.path, ...needed(each, null)];
      const unknown = option ? `${flagOf(option)}x` : "--helpx";
      const { message } = await refusal([...words, unknown]);
      assert.match(message, new RegExp(`unknown option '${unknown}'[^]*Did you mean`));
      const [name = "", ...rest] = each.path.toReversed();
      const mistyped = await refusal([...rest.toReversed(), `${name}z`]);
      assert.match(mistyped.message, /unknown command '.*z'[^]*Did you mean/);
    }
  });
});

suite("every option", () => {
  for (const each of tried) {
    const shown = each.command.options.filter(({ hidden }) => !hidden);
    const name = `docferry ${each.path.join(" ")}`;

    test(`${name}: its value may not be missing, empty or doubled`, async () => {
      for (const option of shown.filter(({ required }) => required)) {
        const [flag, value] = [flagOf(option), valueFor(option)];
        const rest = [...each.path, ...needed(each, option)];
        const mayRepeat = option.description.includes("again for more");
        for (const [given, expected] of [
          [[flag], /argument missing/],
          [[flag, ""], /is invalid\. It /],
          ...(mayRepeat
            ? []
            : [[[flag, value, flag, value], /is invalid\. It is given twice\./] as const]),
        ] as const) {
          const error = await refusal([...rest, ...given]);
          assert.ok(
            error instanceof CommanderError,
            `${name} ${given.join(" ")}: ${String(error)}`,
          );
          assert.match(error.message, expected, `${name} ${given.join(" ")}`);
          assert.ok(error.message.includes(flag), error.message);
        }
      }
    });

    test(`${name}: a wrong value is refused with those that are right`, async () => {
      for (const option of shown.filter((one) => one.required && !takes(one, "§"))) {
        const { message } = await refusal([
          ...each.path,
          ...needed(each, option),
          flagOf(option),
          "§",
        ]);
        assert.match(
          message,
          /argument '§' is invalid\. It must be (one of|a whole number,|whole numbers) .+\.$/,
        );
      }
    });

    test(`${name}: a switch takes no value`, async () => {
      for (const option of shown.filter(({ required, optional }) => !required && !optional)) {
        const { message } = await refusal([
          ...each.path,
          ...needed(each, option),
          `${flagOf(option)}=x`,
        ]);
        assert.match(message, /unknown option/, option.flags);
      }
    });
  }

  test("what mongoimport and mongoexport have and docferry has not is refused with the reason", async () => {
    for (const each of tried) {
      for (const option of each.command.options.filter(({ hidden }) => hidden)) {
        for (const words of [[flagOf(option)], [flagOf(option), "x"], [`${flagOf(option)}=x`]]) {
          const error = await refusal([...each.path, ...words]);
          assert.ok(error instanceof UsageError, String(error));
          assert.match(error.message, new RegExp(`does not take ${flagOf(option)}: \\w`));
        }
      }
    }
  });
});
