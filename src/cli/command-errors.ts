/** What was typed cannot be done: the process ends with the exit code for usage. The message is one sentence. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A command cannot go on: the process ends with the exit code for failure. The message says what to do, too. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
