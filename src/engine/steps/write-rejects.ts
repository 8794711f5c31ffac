import { newObjectId } from "../../files/object-id.ts";
import type { StoredObject } from "../../files/object-store.ts";
import { GatheredWriter } from "./gathered-writer.ts";
import { FileWindow, rejectLine } from "./reject-lines.ts";
import type { StepContext } from "./step.ts";

export interface RejectsArgument {
  environment: string;
  jobKey: string;
  /** The imported object, where the records stand. */
  object: string;
  size: number;
  /** Bytes of its header row. */
  headerBytes: number;
}

export interface RejectFiles {
  /** The records as they were, each on lines of its own, behind the header row: to mend and submit again. */
  records: StoredObject;
  /** One JSON line for each: `{line, offset, code, message, path, raw}`. */
  errors: StoredObject;
}

const newline = Buffer.from("\n");

/** Writes the two files that give the rejects of an import back. */
export async function* writeRejects(
  argument: RejectsArgument,
  context: StepContext,
): AsyncGenerator<{ rejects: number }, RejectFiles, void> {
  const { files, signal } = context;
  await using source = await context.databases.openSource(argument.environment);
  await using recordsFile = await files.create(newObjectId());
  await using errorsFile = await files.create(newObjectId());
  const [records, errors] = [new GatheredWriter(recordsFile), new GatheredWriter(errorsFile)];
  const file = new FileWindow(files, argument.object, argument.size, signal);
  if (argument.headerBytes > 0) {
    const last = await file.copy(0, argument.headerBytes, records);
    if (last !== 0x0a) await records.write(newline);
  }
  let rejects = 0;
  for await (const page of source.rejects(argument.jobKey, { signal })) {
    for (const reject of page) {
      await file.copy(reject.offset, reject.offset + reject.length, records);
      if (reject.length > 0) await records.write(newline);
      await errors.write(await rejectLine(reject, file));
    }
    rejects += page.length;
    yield { rejects };
  }
  await records.flush();
  await errors.flush();
  return { records: await recordsFile.finish(), errors: await errorsFile.finish() };
}
