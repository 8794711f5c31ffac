import { readFileSync } from "node:fs";

// Loaded into a service before anything else (`--import`): its wall clock is off by as many ms as a file says. The steady clock
// is not, as in a machine whose time is set.

const file = process.env["DOCFERRY_TEST_CLOCK"] ?? "";
const trueNow = Date.now;

const now = (): number => trueNow() + Number(readFileSync(file, "utf8"));

globalThis.Date = class extends Date {
  constructor(...given: [] | ConstructorParameters<typeof Date>) {
    if (given.length === 0) super(now());
    else super(...given);
  }

  static override now(): number {
    return now();
  }
} as DateConstructor;
