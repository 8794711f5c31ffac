import { plainCsv } from "../../job/job.ts";
import { Type } from "typebox";
import type { Caller } from "../../access/caller.ts";
import type { Engine, JobOrder } from "../../engine/engine.ts";
import { checkFileName } from "../../files/file-name.ts";
import { checkCollectionName } from "../../query/collection-name.ts";
import { parseStatement } from "../../query/statement.ts";
import { environmentCall } from "./environment-call.ts";
import type { WireGuard } from "./guard.ts";
import { jobView, type Locale } from "./job-view.ts";
import type { WireRoute } from "./route.ts";

/** What these calls want of the engine. */
export type MigrateEngine = Pick<Engine, "submit" | "job">;

/** The signed, expiring address of a file. */
export type FileUrl = (file: {
  /** Who gets it. */
  caller: Caller;
  environment: string;
  name: string;
  /** What the address begins with. */
  baseUrl: string;
  /** Unix ms. */
  now: number;
}) => string;

/** A file's type on the wire: 1 JSON, 2 CSV. */
const fileType = Type.Integer({ minimum: 1, maximum: 2 });

const filePath = Type.String({ minLength: 1 });

/** `POST /tcb/databasemigrateimport` */
export function migrateImport(guard: WireGuard, engine: MigrateEngine): WireRoute {
  return environmentCall(guard, {
    fields: {
      collection_name: Type.String({ minLength: 1 }),
      file_path: filePath,
      file_type: fileType,
      // Required by the vendor's page; clients that leave out what is false do without it.
      stop_on_error: Type.Optional(Type.Boolean({ default: false })),
      // 1 INSERT, 2 UPSERT
      conflict_mode: Type.Integer({ minimum: 1, maximum: 2 }),
    },
    read(fields): JobOrder {
      checkCollectionName(fields.collection_name);
      return {
        type: "import",
        file: fields.file_path,
        collection: fields.collection_name,
        format: fields.file_type === 1 ? "json" : "csv",
        mode: fields.conflict_mode === 1 ? "insert" : "upsert",
        upsertFields: ["_id"],
        stopOnError: fields.stop_on_error ?? false,
        csv: plainCsv,
      };
    },
    async answer(order, { environment }) {
      const { id } = await engine.submit(environment, order);
      return { job_id: id };
    },
  });
}

/** `POST /tcb/databasemigrateexport` */
export function migrateExport(guard: WireGuard, engine: MigrateEngine): WireRoute {
  return environmentCall(guard, {
    fields: { file_path: filePath, file_type: fileType, query: Type.String({ minLength: 1 }) },
    read(fields, now): JobOrder {
      checkFileName(fields.file_path);
      return {
        type: "export",
        file: fields.file_path,
        query: parseStatement(fields.query, now),
        format:
          fields.file_type === 1
            ? { format: "json", form: "relaxed", array: false, pretty: false }
            : { format: "csv", columns: null, header: true },
      };
    },
    async answer(order, { environment }) {
      const { id } = await engine.submit(environment, order);
      return { job_id: id };
    },
  });
}

/** `POST /tcb/databasemigratequeryinfo` */
export function migrateQueryInfo(
  guard: WireGuard,
  engine: MigrateEngine,
  options: { locale: Locale; fileUrl: FileUrl },
): WireRoute {
  return environmentCall(guard, {
    fields: { job_id: Type.Integer() },
    polled: true,
    read: (fields) => fields.job_id,
    async answer(id, context) {
      const { environment } = context;
      const job = await engine.job(environment, id);
      return jobView(job, options.locale, (name) =>
        options.fileUrl({
          caller: context.caller,
          environment,
          name,
          baseUrl: context.baseUrl,
          now: context.now,
        }),
      );
    },
  });
}
