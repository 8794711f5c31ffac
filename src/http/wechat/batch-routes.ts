import { dbGetAcl, dbModifyAcl } from "./access-rules.ts";
import {
  describeEnvironments,
  sharedEnvironments,
  shareEnvironments,
} from "./batch-environments.ts";
import { getBucket } from "./bucket.ts";
import { dbCollection } from "./collections.ts";
import { WireGuard } from "./guard.ts";
import { migrateExport, migrateImport, migrateQueryInfo } from "./migrate.ts";
import type { WireRoute } from "./route.ts";
import type { WechatParts } from "./routes.ts";
import { batchDeleteFile, batchDownloadFile, uploadFile } from "./storage.ts";

/**
 * The batch family: calls of a platform's, with its own token, on environments that it owns. Records, aggregates and indexes
 * (`dbrecord`, `dbaggregate`, `dbindex`) are not on the wire yet.
 */
export function batchRoutes(parts: WechatParts): [path: string, route: WireRoute][] {
  const { access, engine, fileUrl, locale } = parts;
  const guard = new WireGuard(access, "batch");
  return [
    ["/componenttcb/dbimport", migrateImport(guard, engine)],
    ["/componenttcb/dbexport", migrateExport(guard, engine)],
    ["/componenttcb/dbmigrationstate", migrateQueryInfo(guard, engine, { locale, fileUrl })],
    ["/componenttcb/dbcollection", dbCollection(guard, engine)],
    ["/componenttcb/dbgetacl", dbGetAcl(guard, engine)],
    ["/componenttcb/dbmodifyacl", dbModifyAcl(guard, engine)],
    ["/componenttcb/uploadfile", uploadFile(guard, parts)],
    ["/componenttcb/batchdownloadfile", batchDownloadFile(guard, parts)],
    ["/componenttcb/batchdeletefile", batchDeleteFile(guard, parts)],
    ["/componenttcb/getbucket", getBucket(guard, parts)],
    ["/componenttcb/describeenvs", describeEnvironments(guard, access)],
    ["/componenttcb/batchgetenvid", sharedEnvironments(guard, access)],
    ["/componenttcb/batchshareenv", shareEnvironments(guard, access)],
  ];
}
