import { collectColumns } from "./collect-columns.ts";
import { decodeChunk } from "./decode-chunk.ts";
import { encodeRange } from "./encode-range.ts";
import { joinParts } from "./join-parts.ts";
import { scanFile } from "./scan-file.ts";
import type { Step } from "./step.ts";
import { writeRejects } from "./write-rejects.ts";

/** All steps by name. */
export const steps = {
  scanFile,
  decodeChunk,
  writeRejects,
  collectColumns,
  encodeRange,
  joinParts,
} satisfies Record<string, Step<never, unknown, unknown>>;

export type Steps = typeof steps;
export type StepName = keyof Steps;
export type StepArgument<N extends StepName> = Parameters<Steps[N]>[0];
export type StepItem<N extends StepName> =
  ReturnType<Steps[N]> extends AsyncGenerator<infer Item, unknown> ? Item : never;
export type StepResult<N extends StepName> =
  ReturnType<Steps[N]> extends AsyncGenerator<unknown, infer Result> ? Result : never;
