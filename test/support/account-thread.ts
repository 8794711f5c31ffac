import { workerData } from "node:worker_threads";
import { openWriter } from "../../src/sqlite/open.ts";
import { serveCalls } from "../../src/sqlite/serve-calls.ts";
import { accountCalls } from "../../src/store/sqlite/accounts.ts";
import { accountSchema } from "./accounts.ts";

const { file } = workerData as { file: string };

serveCalls(openWriter(file, accountSchema, "FULL"), accountCalls);
