import { Type } from "typebox";
import type { Access } from "../../access/access.ts";
import { databaseOf, wallTime } from "../environment-looks.ts";
import { bucketOf } from "../files/file-id.ts";
import type { JsonObject } from "../json-body.ts";
import { compileFields } from "../wechat/fields.ts";
import { type CloudAction, environmentAction } from "./action.ts";

/** The vendor's home region: clients make hosts of it, which they all have in their lists. */
const region = "ap-shanghai";

/** `DescribeEnvInfo`: what clients ask before nearly every other call. */
export function describeEnvInfo(access: Access): CloudAction {
  return environmentAction(access, {
    fields: {},
    read: () => null,
    answer: async (_, { environment }) => ({
      EnvInfo: { EnvBaseInfo: environmentView(access, environment) },
    }),
  });
}

/** `DescribeEnvs`: the environments of the key's app and those shared with it, or the one that is asked for. */
export function describeEnvs(access: Access): CloudAction {
  const fieldsOf = compileFields(Type.Object({ EnvId: Type.Optional(Type.String()) }));
  return {
    async answer(body, { caller }) {
      const { EnvId: asked = "" } = fieldsOf(body);
      const found = [...access.reach.ownedBy(caller.appId), ...access.reach.sharedTo(caller.appId)]
        .map(({ id }) => id)
        .filter((id) => asked === "" || id === asked);
      return { EnvList: found.map((id) => environmentView(access, id)), Total: found.length };
    },
  };
}

function environmentView(access: Access, environment: string): JsonObject {
  const bucket = bucketOf(environment);
  const createdAt = wallTime(access.environmentCreatedAt(environment));
  return {
    EnvId: environment,
    Alias: environment,
    Source: "qcloud",
    EnvType: "baas",
    Status: "NORMAL",
    Region: region,
    CreateTime: createdAt,
    UpdateTime: createdAt,
    PackageId: "",
    PackageName: "",
    IsDefault: false,
    IsAutoDegrade: false,
    Databases: [{ InstanceId: databaseOf(environment), Status: "RUNNING", Region: region }],
    Storages: [
      {
        Region: region,
        Bucket: bucket,
        CdnDomain: `${bucket}.tcb.qcloud.la`,
        AppId: bucket.slice(-10),
      },
    ],
    Functions: [],
    LogServices: [],
    StaticStorages: [],
  };
}
