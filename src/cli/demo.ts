import { Command } from "commander";
import { DemoService } from "./demo/demo-service.ts";
import { createScreen } from "./demo/screen.ts";
import { tellStory } from "./demo/story.ts";
import { interruptSignal } from "./interrupt.ts";
import { Interrupted } from "./transfer/transfer-end.ts";

/** `docferry demo` */
export function demoCommand(): Command {
  return new Command("demo")
    .option("--keep", "leave the service running at the end, with all that was brought in")
    .addHelpText(
      "after",
      `
Leaves nothing behind, unless it is told to.

Examples:
  docferry demo
  docferry demo --keep`,
    )
    .action(demo);
}

async function demo({ keep }: { keep?: true }): Promise<void> {
  const screen = createScreen(process.stdout, process.stderr);
  using interrupt = interruptSignal();
  const { signal } = interrupt;
  try {
    await using service = await DemoService.start({ keep: keep === true, signal });
    await tellStory(service, screen, signal);
    signal.throwIfAborted();
    if (keep) {
      screen.plain(keptText(service));
      service.leave();
      return;
    }
  } catch (error) {
    // The service has been ended under the story's feet: what that broke is not to be told.
    throw signal.aborted ? new Interrupted("Stopped. Nothing stays behind.") : error;
  } finally {
    screen.stop();
  }
  screen.say("The service has ended, and nothing stays. With --keep it goes on, to be looked at.");
}

/** What a person needs to go on with the service, and to be rid of it. */
function keptText({ address, account, process, folder }: DemoService): string {
  return [
    "",
    `The service goes on at ${address}`,
    `  its calls, to read and to try   ${address}/docs`,
    `  its data and its log            ${folder}`,
    "To use it from the command line:",
    `  export DOCFERRY_SERVER=${address}`,
    `  export DOCFERRY_ENV_ID=${account.environment}`,
    `  export DOCFERRY_APP_ID=${account.appId}`,
    `  export DOCFERRY_APP_SECRET=${account.secret}`,
    "  npx docferry jobs list",
    "To end it, and to remove what it keeps:",
    `  kill ${process}`,
    `  rm -r ${folder}`,
  ].join("\n");
}
