import { Type } from "typebox";
import type { Access } from "../../access/access.ts";
import { accountOf } from "../../access/caller.ts";
import { DocferryError, type ErrorCode } from "../../job/errors.ts";
import { databaseOf, wallTime } from "../environment-looks.ts";
import { wireText } from "../errors.ts";
import { bucketOf } from "../files/file-id.ts";
import type { WireGuard } from "./guard.ts";
import type { WireRoute } from "./route.ts";
import { tokenCall } from "./token-call.ts";

/** Environments, and apps for each, of one call. */
const itemLimit = 50;

const names = (limit: number) => Type.Array(Type.String({ minLength: 1 }), { maxItems: limit });

/** `POST /componenttcb/describeenvs`: the platform's environments. The vendor's sample sends no body at all. */
export function describeEnvironments(guard: WireGuard, access: Access): WireRoute {
  return tokenCall(guard, {
    fields: {},
    bodyOptional: true,
    read: () => null,
    async answer(_, { caller }) {
      const owned = access.reach.ownedBy(accountOf(caller));
      return {
        info_list: owned.map(({ id, createdAt }) => ({
          env: id,
          alias: aliasOf(id),
          create_time: wallTime(createdAt),
          // Nothing of an environment changes but what is in it.
          update_time: wallTime(createdAt),
          status: "NORMAL",
          package_id: "basic",
          package_name: "docferry",
          dbinstance_id: databaseOf(id),
          bucket_id: bucketOf(id),
        })),
      };
    },
  });
}

/** `POST /componenttcb/batchgetenvid`: which of the platform's environments are shared with these apps. */
export function sharedEnvironments(guard: WireGuard, access: Access): WireRoute {
  return tokenCall(guard, {
    fields: { appids: names(itemLimit) },
    read: ({ appids }) => [...new Set(appids)],
    async answer(appIds, { caller }) {
      const platformId = accountOf(caller);
      const known = appIds.filter((appId) => access.hasApp(appId));
      return {
        relation_data: known.map((appid) => ({
          appid,
          env_list: access.reach
            .sharedTo(appid)
            .filter(({ owner }) => owner.id === platformId)
            .map(({ id }) => id),
        })),
        err_list: appIds
          .filter((appId) => !access.hasApp(appId))
          .map((appid) => ({
            appid,
            errmsg: wireText(new DocferryError("app_not_found", `No app ${appid}`)),
          })),
      };
    },
  });
}

/** Why one app does not get one environment, while the others do. */
const itemFaults: ReadonlySet<ErrorCode> = new Set([
  "environment_not_found",
  "app_not_found",
  "authorization_gone",
  "permission_set_missing",
]);

/** `POST /componenttcb/batchshareenv`: lets apps reach the platform's environments. What is shared already stays so. */
export function shareEnvironments(guard: WireGuard, access: Access): WireRoute {
  const item = Type.Object({ env: Type.String({ minLength: 1 }), appids: names(itemLimit) });
  return tokenCall(guard, {
    fields: { data: Type.Array(item, { maxItems: itemLimit }) },
    read: ({ data }) => data.flatMap(({ env, appids }) => appids.map((appId) => ({ env, appId }))),
    async answer(pairs, { caller }) {
      const platformId = accountOf(caller);
      const faults = await Promise.all(
        pairs.map(async ({ env, appId }) => {
          try {
            await access.shareEnvironment({ platformId, environment: env, appId });
            return [];
          } catch (error) {
            if (!(error instanceof DocferryError) || !itemFaults.has(error.code)) throw error;
            return [{ env, appid: appId, errmsg: wireText(error) }];
          }
        }),
      );
      return { err_list: faults.flat() };
    },
  });
}

/** The name that the vendor's ids begin with: `test2` of `test2-4a89da`. */
function aliasOf(environment: string): string {
  return environment.replace(/-[0-9a-z]+$/, "");
}
