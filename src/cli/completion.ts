import { Argument, Command, type Option } from "commander";

/** `docferry completion`. @param loadProgram gives the program with all its commands */
export function completionCommand(
  loadProgram: (isLoaded: () => boolean) => Promise<Command>,
): Command {
  return new Command("completion")
    .addArgument(new Argument("<shell>", "which shell").choices(["bash", "zsh", "fish"]))
    .addHelpText(
      "after",
      `
Examples:
  docferry completion bash > ~/.local/share/bash-completion/completions/docferry
  echo 'eval "$(docferry completion zsh)"' >> ~/.zshrc
  docferry completion fish > ~/.config/fish/completions/docferry.fish`,
    )
    .action(async (shell: "bash" | "zsh" | "fish") => {
      const program = await loadProgram(() => true);
      process.stdout.write(shell === "fish" ? fishScript(program) : bashScript(program, shell));
    });
}

/** Everything that can be typed: a path of commands, and what may follow it. */
interface Completion {
  /** `jobs list`, `""` for the program itself. */
  path: string;
  commands: { name: string; description: string }[];
  options: {
    long: string;
    short: string | undefined;
    description: string;
    takesValue: boolean;
    choices: readonly string[];
  }[];
}

function completionsOf(command: Command, path = ""): Completion[] {
  const own: Completion = {
    path,
    commands: command.commands.map((inner) => ({
      name: inner.name(),
      description: inner.description(),
    })),
    options: [...command.options.filter(({ hidden }) => !hidden), helpOption].map(completedOption),
  };
  return [
    own,
    ...command.commands.flatMap((inner) => completionsOf(inner, `${path} ${inner.name()}`.trim())),
  ];
}

type Completable = Pick<
  Option,
  "long" | "short" | "description" | "required" | "optional" | "argChoices"
>;

const helpOption: Completable = {
  long: "--help",
  short: "-h",
  description: "display help for command",
  required: false,
  optional: false,
};

function completedOption(option: Completable): Completion["options"][number] {
  return {
    long: option.long ?? "",
    short: option.short,
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  };
}

/** For zsh through its own emulation of bash's completion. */
function bashScript(program: Command, shell: "bash" | "zsh"): string {
  const cases = completionsOf(program).map(({ path, commands, options }) => {
    const words = [
      ...commands.map(({ name }) => name),
      ...options.flatMap(({ long, short }) => (short ? [short, long] : [long])),
    ];
    return `    "${path}") words="${words.join(" ")}" ;;`;
  });
  const commands = completionsOf(program)
    .filter(({ path }) => path !== "")
    .map(({ path }) => `"${path}"`);
  return `# Completion of docferry for ${shell}. Made by: docferry completion ${shell}
${shell === "zsh" ? "autoload -Uz +X compinit bashcompinit && compinit && bashcompinit\n" : ""}_docferry() {
  local word="\${COMP_WORDS[COMP_CWORD]}" path="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${path:+$path }\${COMP_WORDS[i]}" in
    ${commands.join(" | ")}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _docferry docferry
`;
}

function fishScript(program: Command): string {
  const lines = completionsOf(program).flatMap(({ path, commands, options }) => {
    const inner = commands.map(({ name }) => name);
    const here = path
      .split(" ")
      .filter((word) => word !== "")
      .map((word) => `__fish_seen_subcommand_from ${word}`);
    const notYet = inner.length > 0 ? [`not __fish_seen_subcommand_from ${inner.join(" ")}`] : [];
    const condition = [...here, ...notYet].join("; and ") || "true";
    return [
      ...commands.map(
        ({ name, description }) =>
          `complete -c docferry -n ${quoted(condition)} -f -a ${name} -d ${quoted(description)}`,
      ),
      ...options.map(
        ({ long, short, description, takesValue, choices }) =>
          `complete -c docferry -n ${quoted(condition)} -l ${long.slice(2)}${short ? ` -s ${short.slice(1)}` : ""}${takesValue ? " -r" : ""}${choices.length > 0 ? ` -f -a ${quoted(choices.join(" "))}` : ""} -d ${quoted(description)}`,
      ),
    ];
  });
  return `# Completion of docferry for fish. Made by: docferry completion fish\n${lines.join("\n")}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
