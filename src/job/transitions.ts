import type { ErrorData } from "./errors.ts";
import type { JobSpec, JobState } from "./job.ts";
import type { TaskKind } from "./task.ts";

/**
 * A job's states and what moves it between them. Stores persist what these functions return and decide nothing.
 *
 *     queued ─claim plan→ planning ─plan done→ running ─last task done→ finishing ─assembled→ succeeded | failed
 *        └────────────── cancel, or a task that gave up: no new task starts, running ones stop ──────────┘
 *
 * A job that is to end (`ending`) first lets its running attempts stop, so that its counts are final; an import whose plan
 * is done is then assembled all the same, because its rejects and counts are wanted back.
 */
export interface Flow {
  state: JobState;
  /** How the job is to end, once its running attempts have stopped; null while it is to succeed. */
  ending: "failed" | "cancelled" | null;
  error: ErrorData | null;
}

/** What remains of a job's tasks, the plan and assemble included. */
export interface Remaining {
  /** Waiting, claimable or running. */
  open: number;
  /** Running. */
  running: number;
  /** The plan is done: there may be rejects to give back. */
  planned: boolean;
}

export interface FlowChange extends Flow {
  /** Drop all tasks that do not run. */
  dropTasks: boolean;
  /** Add the assemble task. */
  assemble: boolean;
}

/** An attempt at a task of this kind begins. */
export function claimed(flow: Flow, kind: TaskKind): Flow {
  if (flow.ending) return flow;
  const states = {
    plan: "planning",
    import: "running",
    export: "running",
    assemble: "finishing",
  } as const satisfies Record<TaskKind, JobState>;
  return { ...flow, state: states[kind] };
}

/** The plan is done and has led to `tasks` tasks. */
export function planned(flow: Flow, tasks: number): FlowChange {
  if (tasks === 0) return keep({ ...flow, state: "finishing" }, { assemble: true });
  return keep({ ...flow, state: "running" });
}

/**
 * An import or export task is done.
 * @param stopped a record failed under stop_on_error: no other task may go on
 */
export function taskDone(
  flow: Flow,
  remaining: Remaining,
  stopped: ErrorData | null,
  spec: JobSpec,
): FlowChange {
  if (stopped) {
    return mayEnd({ ...flow, ending: "failed", error: flow.error ?? stopped }, remaining, spec);
  }
  if (flow.ending) return mayEnd(flow, remaining, spec);
  if (remaining.open > 0) return keep(flow);
  return keep({ ...flow, state: "finishing" }, { assemble: true });
}

/** A task has failed for good. */
export function gaveUp(
  flow: Flow,
  kind: TaskKind,
  error: ErrorData,
  remaining: Remaining,
  spec: JobSpec,
): FlowChange {
  // Assembling is the last chance to give rejects back; if that fails there is nothing more to try.
  if (kind === "assemble" || kind === "plan") {
    return keep(ended({ ...flow, ending: flow.ending ?? "failed", error: flow.error ?? error }), {
      dropTasks: true,
    });
  }
  return mayEnd(
    { ...flow, ending: flow.ending ?? "failed", error: flow.error ?? error },
    remaining,
    spec,
  );
}

/** Somebody asks the job to end. */
export function cancelRequested(flow: Flow, remaining: Remaining, spec: JobSpec): FlowChange {
  // What may stop has been asked to. The rest is the assembly that seals the counts of what was written and gives its rejects back.
  if (flow.ending) return keep({ ...flow, state: "cancelling", ending: "cancelled" });
  if (flow.state === "finishing") {
    // What is being put together is stopped too, but nothing is left to assemble afterwards.
    const cancelling = { ...flow, state: "cancelling", ending: "cancelled" } as const;
    return remaining.running > 0
      ? keep(cancelling, { dropTasks: true })
      : keep(ended(cancelling), { dropTasks: true });
  }
  return mayEnd({ ...flow, state: "cancelling", ending: "cancelled" }, remaining, spec);
}

/** An attempt has stopped without verdict while the job is to end. */
export function attemptStopped(
  flow: Flow,
  kind: TaskKind,
  remaining: Remaining,
  spec: JobSpec,
): FlowChange {
  if (!flow.ending) return keep(flow);
  if (kind === "assemble" || kind === "plan") return keep(ended(flow), { dropTasks: true });
  return mayEnd(flow, remaining, spec);
}

/** The job is assembled. */
export function assembled(flow: Flow, error: ErrorData | null): Flow {
  const final = error ?? flow.error;
  if (flow.ending === "cancelled") return { ...flow, state: "cancelled" };
  return { ...flow, state: final ? "failed" : "succeeded", error: final };
}

/** A job that is to end goes to its end, or to assembly, as soon as nothing of it runs. */
function mayEnd(flow: Flow, remaining: Remaining, spec: JobSpec): FlowChange {
  if (remaining.running > 0) return keep(flow, { dropTasks: true });
  if (spec.type === "import" && remaining.planned) {
    return keep(flow, { dropTasks: true, assemble: true });
  }
  return keep(ended(flow), { dropTasks: true });
}

function ended(flow: Flow): Flow {
  return { ...flow, state: flow.ending === "cancelled" ? "cancelled" : "failed" };
}

function keep(flow: Flow, change: { dropTasks?: boolean; assemble?: boolean } = {}): FlowChange {
  return { ...flow, dropTasks: change.dropTasks ?? false, assemble: change.assemble ?? false };
}
