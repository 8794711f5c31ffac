import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobSpec } from "./job.ts";
import {
  assembled,
  attemptStopped,
  cancelRequested,
  claimed,
  type Flow,
  gaveUp,
  planned,
  type Remaining,
  taskDone,
} from "./transitions.ts";

const importSpec = { type: "import" } as JobSpec;
const exportSpec = { type: "export" } as JobSpec;
const queued: Flow = { state: "queued", ending: null, error: null };
const running: Flow = { ...queued, state: "running" };
const finishing: Flow = { ...queued, state: "finishing" };
const fault = { code: "invalid_file", message: "No header" } as const;
const left = (open: number, active: number, plan = true): Remaining => ({
  open,
  running: active,
  planned: plan,
});
const brief = (change: Flow & { dropTasks?: boolean; assemble?: boolean }) =>
  [
    change.state,
    change.ending,
    change.dropTasks === true ? "drop" : "",
    change.assemble === true ? "assemble" : "",
  ].join(" ");

test("the straight way of a job", () => {
  const planning = claimed(queued, "plan");
  assert.equal(planning.state, "planning");
  const plan = planned(planning, 2);
  assert.equal(brief(plan), "running   ");
  assert.equal(brief(taskDone(plan, left(1, 0), null, importSpec)), "running   ");
  assert.equal(brief(taskDone(plan, left(0, 0), null, importSpec)), "finishing   assemble");
  assert.equal(claimed(finishing, "assemble").state, "finishing");
  assert.equal(assembled(finishing, null).state, "succeeded");
});

test("a job without tasks goes straight to assembly", () => {
  assert.equal(brief(planned({ ...queued, state: "planning" }, 0)), "finishing   assemble");
});

const cases: [string, () => Flow & { dropTasks?: boolean; assemble?: boolean }, string][] = [
  [
    "a plan that gives up ends the job at once",
    () => gaveUp({ ...queued, state: "planning" }, "plan", fault, left(0, 0, false), importSpec),
    "failed failed drop ",
  ],
  [
    "an import task that gives up lets the others stop first",
    () => gaveUp(running, "import", fault, left(3, 1), importSpec),
    "running failed drop ",
  ],
  [
    "an import that failed is assembled for its rejects",
    () => gaveUp(running, "import", fault, left(3, 0), importSpec),
    "running failed drop assemble",
  ],
  [
    "an export that failed has nothing to assemble",
    () => gaveUp(running, "export", fault, left(3, 0), exportSpec),
    "failed failed drop ",
  ],
  [
    "assembly that gives up ends the job",
    () => gaveUp(finishing, "assemble", fault, left(0, 0), importSpec),
    "failed failed drop ",
  ],
  [
    "stop_on_error ends the import once the other tasks have stopped",
    () => taskDone(running, left(2, 1), fault, importSpec),
    "running failed drop ",
  ],
  [
    "stop_on_error of the last running task",
    () => taskDone(running, left(2, 0), fault, importSpec),
    "running failed drop assemble",
  ],
  [
    "cancel of a queued job is immediate",
    () => cancelRequested(queued, left(1, 0, false), importSpec),
    "cancelled cancelled drop ",
  ],
  [
    "cancel while planning waits for the plan to stop",
    () => cancelRequested({ ...queued, state: "planning" }, left(1, 1, false), importSpec),
    "cancelling cancelled drop ",
  ],
  [
    "a plan that has stopped ends the cancelled job",
    () =>
      attemptStopped(
        { state: "cancelling", ending: "cancelled", error: null },
        "plan",
        left(0, 0, false),
        importSpec,
      ),
    "cancelled cancelled drop ",
  ],
  [
    "cancel of a running import waits for its attempts",
    () => cancelRequested(running, left(2, 1), importSpec),
    "cancelling cancelled drop ",
  ],
  [
    "the last attempt to stop leads a cancelled import to assembly",
    () =>
      attemptStopped(
        { state: "cancelling", ending: "cancelled", error: null },
        "import",
        left(0, 0),
        importSpec,
      ),
    "cancelling cancelled drop assemble",
  ],
  [
    "cancel of a running export between tasks is immediate",
    () => cancelRequested(running, left(2, 0), exportSpec),
    "cancelled cancelled drop ",
  ],
  [
    "cancel while finishing waits for the assembly to stop",
    () => cancelRequested(finishing, left(1, 1), importSpec),
    "cancelling cancelled drop ",
  ],
  [
    "cancel of an import that has failed leaves its assembly alone, whether it runs or waits",
    () => cancelRequested({ ...running, ending: "failed", error: fault }, left(1, 1), importSpec),
    "cancelling cancelled  ",
  ],
  [
    "an attempt that stopped for another reason changes nothing",
    () => attemptStopped(running, "import", left(1, 0), importSpec),
    "running   ",
  ],
  [
    "a task that is done while the job is cancelled does not finish it as a success",
    () =>
      taskDone(
        { state: "cancelling", ending: "cancelled", error: null },
        left(0, 0),
        null,
        importSpec,
      ),
    "cancelling cancelled drop assemble",
  ],
];
for (const [name, run, expected] of cases) {
  test(name, () => assert.equal(brief(run()), expected));
}

test("an attempt claimed while the job is to end does not bring it back", () => {
  const ending: Flow = { state: "cancelling", ending: "cancelled", error: null };
  assert.deepEqual(claimed(ending, "assemble"), ending);
});

test("assembly gives the end its name", () => {
  assert.equal(assembled({ ...finishing, ending: "cancelled" }, null).state, "cancelled");
  assert.equal(assembled({ ...finishing, ending: "failed", error: fault }, null).state, "failed");
  assert.deepEqual(assembled(finishing, fault).error, fault);
});
