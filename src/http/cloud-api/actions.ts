import type { Access } from "../../access/access.ts";
import { DocferryError } from "../../job/errors.ts";
import type { Locale } from "../wechat/job-view.ts";
import type { FileUrl } from "../wechat/migrate.ts";
import { type CloudAction, environmentAction } from "./action.ts";
import { describeEnvInfo, describeEnvs } from "./environments.ts";
import {
  type CloudMigrateEngine,
  databaseMigrateExport,
  databaseMigrateImport,
  databaseMigrateQueryInfo,
} from "./migrate.ts";
import {
  createTable,
  deleteTable,
  describeDbDistribution,
  describeTable,
  listTables,
  type TableEngine,
  updateTable,
} from "./tables.ts";

export interface CloudApiParts {
  access: Access;
  engine: CloudMigrateEngine & TableEngine;
  fileUrl: FileUrl;
  locale: Locale;
}

/**
 * Every action that is answered; all others are `InvalidAction`. To add one: write a function that gives a `CloudAction`,
 * mostly by `environmentAction`, and add its line here and in docs/clients/manager-node.md.
 */
export function cloudActions(parts: CloudApiParts): ReadonlyMap<string, CloudAction> {
  const { access, engine, fileUrl, locale } = parts;
  return new Map<string, CloudAction>([
    ["DatabaseMigrateImport", databaseMigrateImport(access, engine)],
    ["DatabaseMigrateExport", databaseMigrateExport(access, engine)],
    ["DatabaseMigrateQueryInfo", databaseMigrateQueryInfo(access, engine, { locale, fileUrl })],
    ["DescribeEnvInfo", describeEnvInfo(access)],
    ["DescribeEnvs", describeEnvs(access)],
    ["CreateTable", createTable(access, engine)],
    ["DeleteTable", deleteTable(access, engine)],
    ["ListTables", listTables(access, engine)],
    ["DescribeTable", describeTable(access, engine)],
    ["UpdateTable", updateTable(access, engine)],
    ["DescribeDbDistribution", describeDbDistribution(access, engine)],
    ["RunCommands", unsupported(access, "Commands are not run: there is no MongoDB behind it")],
  ]);
}

function unsupported(access: Access, message: string): CloudAction {
  return environmentAction(access, {
    fields: {},
    read: () => null,
    async answer() {
      throw new DocferryError("unsupported_operation", message);
    },
  });
}
