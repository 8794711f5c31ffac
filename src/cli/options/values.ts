import { Argument, InvalidArgumentError, type Command, Option } from "commander";
import { UsageError } from "../command-errors.ts";

// Commander takes the last of a doubled option in silence. Ours hold one value: nobody means two.

/** An option with one value, as it is typed. An empty one is what a variable of a shell gives that nobody has set. */
export function textOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, previous: unknown) => {
    if (value === "") throw new InvalidArgumentError("It is empty.");
    return once(value, previous);
  });
}

/** An option with one of these values. */
export function choiceOption(
  flags: string,
  description: string,
  choices: readonly string[],
  options: { anyCase: boolean } = { anyCase: false },
): Option {
  const option = new Option(flags, description).choices(choices);
  return option.argParser((typed: string, previous: unknown) => {
    const value = options.anyCase ? typed.toLowerCase() : typed;
    if (!choices.includes(value)) {
      throw new InvalidArgumentError(`It must be one of ${choices.join(", ")}.`);
    }
    return once(value, previous);
  });
}

/** An option with a whole number in a range. */
export function integerOption(
  flags: string,
  description: string,
  range: { min: number; max: number },
): Option {
  return new Option(flags, description).argParser((typed: string, previous: unknown) => {
    const value = Number(typed);
    if (!/^[+-]?\d+$/.test(typed) || value < range.min || value > range.max) {
      const upTo = range.max === Number.MAX_SAFE_INTEGER ? "or more" : `to ${range.max}`;
      throw new InvalidArgumentError(`It must be a whole number, ${range.min} ${upTo}.`);
    }
    return once(value, previous);
  });
}

/** The name of a service's file. Two names cannot be asked for: in the path of a URL they have a meaning of their own. */
export function fileNameArgument(name: string, description: string): Argument {
  return new Argument(name, description).argParser((typed: string) => {
    if (!/^\.{0,2}$/.test(typed)) return typed;
    throw new InvalidArgumentError("It is no name of a file.");
  });
}

/** The id of a job. */
export function jobIdArgument(name: string, description: string): Argument {
  return new Argument(name, description).argParser((typed: string) => {
    if (/^[1-9]\d{0,9}$/.test(typed)) return Number(typed);
    throw new InvalidArgumentError("It must be a whole number, 1 or more.");
  });
}

/** An option that may be given again, each time with another value. Its description says so. */
export function repeatedOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, previous: unknown) => {
    if (value === "") throw new InvalidArgumentError("It is empty.");
    return [...((previous as string[] | undefined) ?? []), value];
  });
}

/** The value of an option that is given once. @param previous what commander has for it so far */
export function once<T>(value: T, previous: unknown): T {
  if (previous === undefined) return value;
  throw new InvalidArgumentError("It is given twice.");
}

/** Refuses options by name: each with the reason why it is not taken. Values that follow them are taken for theirs. */
export function refuseOptions(command: Command, refused: readonly RefusedOption[]): void {
  for (const { flags, reason } of refused) {
    const option = new Option(`${flags} [value]`).hideHelp();
    command.addOption(option);
    command.on(`option:${option.name()}`, () => {
      throw new UsageError(
        `docferry ${command.name()} does not take ${option.long ?? flags}: ${reason}`,
      );
    });
  }
}

export interface RefusedOption {
  /** As commander has them: `-k, --slaveOk`. */
  flags: string;
  reason: string;
}
