import { Type } from "typebox";
import type { Access } from "../../access/access.ts";
import type { Engine, JobOrder } from "../../engine/engine.ts";
import { checkFileName } from "../../files/file-name.ts";
import { DocferryError } from "../../job/errors.ts";
import { plainCsv } from "../../job/job.ts";
import { checkCollectionName } from "../../query/collection-name.ts";
import { jobView, type Locale } from "../wechat/job-view.ts";
import type { FileUrl } from "../wechat/migrate.ts";
import { type CloudAction, environmentAction } from "./action.ts";
import { exportPlan, fieldList } from "./export-query.ts";

/** What these actions want of the engine. */
export type CloudMigrateEngine = Pick<Engine, "submit" | "job">;

const name = Type.String({ minLength: 1 });
const count = Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }));

/** `DatabaseMigrateImport` */
export function databaseMigrateImport(access: Access, engine: CloudMigrateEngine): CloudAction {
  return environmentAction(access, {
    fields: {
      CollectionName: name,
      FilePath: name,
      FileType: Type.String(),
      // The vendor's page requires it; a client whose user leaves it out sends none.
      StopOnError: Type.Optional(Type.Boolean({ default: false })),
      ConflictMode: Type.String(),
    },
    read(fields): JobOrder {
      checkCollectionName(fields.CollectionName);
      return {
        type: "import",
        file: fields.FilePath,
        collection: fields.CollectionName,
        format: fileTypeOf(fields.FileType),
        mode: choice("ConflictMode", fields.ConflictMode, ["insert", "upsert"]),
        upsertFields: ["_id"],
        stopOnError: fields.StopOnError ?? false,
        csv: plainCsv,
      };
    },
    async answer(order, { environment }) {
      const { id } = await engine.submit(environment, order);
      return { JobId: id };
    },
  });
}

/** `DatabaseMigrateExport` */
export function databaseMigrateExport(access: Access, engine: CloudMigrateEngine): CloudAction {
  return environmentAction(access, {
    fields: {
      CollectionName: name,
      FilePath: name,
      FileType: Type.String(),
      Query: Type.Optional(Type.String()),
      Fields: Type.Optional(Type.String()),
      Sort: Type.Optional(Type.String()),
      Skip: count,
      Limit: count,
    },
    read(fields): JobOrder {
      checkFileName(fields.FilePath);
      const type = fileTypeOf(fields.FileType);
      const columns = fieldList(fields.Fields);
      if (type === "csv" && columns === null) {
        throw new DocferryError("missing_argument", "Fields, the columns of a CSV");
      }
      return {
        type: "export",
        file: fields.FilePath,
        query: exportPlan({ ...fields, columns }),
        format:
          type === "json"
            ? { format: "json", form: "relaxed", array: false, pretty: false }
            : { format: "csv", columns, header: true },
      };
    },
    async answer(order, { environment }) {
      const { id } = await engine.submit(environment, order);
      return { JobId: id };
    },
  });
}

/** `DatabaseMigrateQueryInfo` */
export function databaseMigrateQueryInfo(
  access: Access,
  engine: CloudMigrateEngine,
  options: { locale: Locale; fileUrl: FileUrl },
): CloudAction {
  return environmentAction(access, {
    fields: { JobId: Type.Integer() },
    read: (fields) => fields.JobId,
    async answer(id, { environment, caller, context }) {
      context.polled = true;
      const job = await engine.job(environment, id);
      const { baseUrl, receivedAt: now } = context;
      const view = jobView(job, options.locale, (file) =>
        options.fileUrl({ caller, environment, name: file, baseUrl, now }),
      );
      return {
        Status: view.status,
        RecordSuccess: view.record_success,
        RecordFail: view.record_fail,
        ErrorMsg: view.error_msg,
        FileUrl: view.file_url,
      };
    },
  });
}

/** The client takes it from the file's name as it is written there: `""` where that has no dot. */
function fileTypeOf(text: string): "json" | "csv" {
  return choice("FileType", text.toLowerCase(), ["json", "csv"]);
}

function choice<T extends string>(field: string, text: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === text);
  if (found !== undefined) return found;
  throw new DocferryError(
    "invalid_argument",
    `${field} must be ${choices.join(" or ")}, it is ${JSON.stringify(text.slice(0, 100))}`,
  );
}
