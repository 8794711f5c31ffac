import type { Access } from "../../access/access.ts";
import type { AccessRulesEngine } from "./access-rules.ts";
import { batchRoutes } from "./batch-routes.ts";
import {
  collectionAdd,
  collectionDelete,
  collectionGet,
  type CollectionsEngine,
} from "./collections.ts";
import {
  authorizerInfo,
  authorizerToken,
  componentToken,
  createPreAuthCode,
  queryAuth,
} from "./component-tokens.ts";
import { WireGuard } from "./guard.ts";
import type { Locale } from "./job-view.ts";
import {
  type FileUrl,
  migrateExport,
  migrateImport,
  type MigrateEngine,
  migrateQueryInfo,
} from "./migrate.ts";
import { type RidParts, ridLookUp } from "./rid.ts";
import type { WireRoute } from "./route.ts";
import { batchDeleteFile, batchDownloadFile, type StorageParts, uploadFile } from "./storage.ts";
import { getQcloudToken } from "./temporary-key.ts";
import { plainToken, stableToken } from "./tokens.ts";

export interface WechatParts extends StorageParts, Pick<RidParts, "recorder"> {
  access: Access;
  engine: MigrateEngine & CollectionsEngine & AccessRulesEngine;
  fileUrl: FileUrl;
  locale: Locale;
}

/**
 * Every call of the vendor's that is answered; all other paths below the prefixes are 40066.
 *
 * To add one: write a function that gives a `WireRoute`, mostly by `environmentCall(guard, { fields, read, answer })`, or by
 * `tokenCall` where no environment is named. They check token, caller, body, fields and environment in the right order and add
 * `errcode` and `errmsg`. Then add its line here, with the guard of its group (access/call-rules.ts says who may call which), and
 * to `WechatParts` what it needs. `fields` are TypeBox properties (integers may come as text, optional ones may have a
 * `default`); `read` turns them into the call's argument; `answer` throws DocferryErrors for what is wrong.
 */
export function wechatRoutes(parts: WechatParts): ReadonlyMap<string, WireRoute> {
  const { access, engine, fileUrl, locale } = parts;
  const cloudbase = new WireGuard(access, "cloudbase");
  const component = new WireGuard(access, "component");
  return new Map<string, WireRoute>([
    ["/cgi-bin/token", plainToken(access)],
    ["/cgi-bin/stable_token", stableToken(access)],
    ["/cgi-bin/openapi/rid/get", ridLookUp(new WireGuard(access, "account"), parts)],
    ["/cgi-bin/component/api_component_token", componentToken(access)],
    ["/cgi-bin/component/api_create_preauthcode", createPreAuthCode(component, access)],
    ["/cgi-bin/component/api_query_auth", queryAuth(component, access)],
    ["/cgi-bin/component/api_authorizer_token", authorizerToken(component, access)],
    ["/cgi-bin/component/api_get_authorizer_info", authorizerInfo(component, access)],
    ["/tcb/databasemigrateimport", migrateImport(cloudbase, engine)],
    ["/tcb/databasemigrateexport", migrateExport(cloudbase, engine)],
    ["/tcb/databasemigratequeryinfo", migrateQueryInfo(cloudbase, engine, { locale, fileUrl })],
    ["/tcb/databasecollectionadd", collectionAdd(cloudbase, engine)],
    ["/tcb/databasecollectiondelete", collectionDelete(cloudbase, engine)],
    ["/tcb/databasecollectionget", collectionGet(cloudbase, engine)],
    ["/tcb/uploadfile", uploadFile(cloudbase, parts)],
    ["/tcb/batchdownloadfile", batchDownloadFile(cloudbase, parts)],
    ["/tcb/batchdeletefile", batchDeleteFile(cloudbase, parts)],
    ["/tcb/getqcloudtoken", getQcloudToken(cloudbase, access)],
    ...batchRoutes(parts),
  ]);
}
