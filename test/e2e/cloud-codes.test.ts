import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { authorizerToken } from "../support/attackers.ts";
import { tcb, testPlatform } from "../support/batch.ts";
import { nativeAccount, NativeService } from "../support/native.ts";
import { cloudApi, type SigningKey } from "../support/signed.ts";

// Codes of the Cloud API that are about what somebody may ask for, by what brings them about: limits and rights as the operator sets
// them. What is wrong with a request itself is tried beside the actions (src/http/cloud-api/).

const { appId, envId } = nativeAccount;

let api: NativeService;

before(async () => {
  api = await NativeService.start();
  await api.imported("people", '{"_id":1}\n');
});
after(() => api[Symbol.asyncDispose]());

/** Under limits that are gone afterwards. */
async function limited<T>(what: "apps" | "environments", limits: object, ask: () => Promise<T>) {
  const path = `${what}/${what === "apps" ? appId : envId}/limits`;
  const set = await api.admin("PUT", path, limits);
  assert.equal(set.status, 200, set.text);
  const answer = await ask();
  await api.admin("PUT", path, {});
  return answer;
}

const actions: Record<string, object> = {
  DescribeEnvInfo: {},
  DatabaseMigrateImport: {
    CollectionName: "c",
    FilePath: "people.jsonl",
    FileType: "json",
    ConflictMode: "upsert",
  },
  DatabaseMigrateExport: { CollectionName: "people", FilePath: "out.json", FileType: "json" },
};

const ask = (action: string, key: SigningKey = nativeAccount) =>
  cloudApi(api, key, action, { EnvId: envId, ...actions[action] });

const causes: [string, string, () => ReturnType<typeof ask>, RegExp][] = [
  [
    "RequestLimitExceeded",
    "an account's minute",
    () => limited("apps", { requestsPerMinute: 0 }, () => ask("DescribeEnvInfo")),
    /0 requests a minute/,
  ],
  [
    "RequestLimitExceeded",
    "an account's day",
    () => limited("apps", { requestsPerDay: 0 }, () => ask("DescribeEnvInfo")),
    /0 requests a day/,
  ],
  [
    "RequestLimitExceeded",
    "an environment's day",
    () => limited("environments", { requestsPerDay: 0 }, () => ask("DatabaseMigrateImport")),
    /Environment .* 0 requests a day/,
  ],
  [
    "LimitExceeded",
    "an environment's jobs in flight",
    () => limited("environments", { jobs: 0 }, () => ask("DatabaseMigrateImport")),
    /0 jobs/,
  ],
  [
    "LimitExceeded",
    "an account's jobs in flight",
    () => limited("apps", { jobs: 0 }, () => ask("DatabaseMigrateExport")),
    /0 jobs/,
  ],
  [
    "ResourceInsufficient",
    "an environment's stored bytes",
    () => limited("environments", { storedBytes: 1 }, () => ask("DatabaseMigrateExport")),
    /may store 1 bytes/,
  ],
  [
    "UnauthorizedOperation",
    "an address that is not in the app's list",
    () => limited("apps", { addresses: ["10.0.0.0/8"] }, () => ask("DescribeEnvInfo")),
    /not in|list/,
  ],
  [
    "UnauthorizedOperation",
    "a platform whose permission set is gone",
    async () => {
      const platform = await testPlatform(api, "wxlimited");
      const token = await authorizerToken(api, platform, appId, [18, 49]);
      const key = await tcb(api, "getqcloudtoken", { lifespan: 600 }, token);
      const order = { app: appId, sets: [18] };
      await api.admin("POST", `platforms/${platform.id}/authorizations`, order);
      const { secretid: secretId, secretkey: secretKey, token: session } = key;
      return ask("DescribeEnvInfo", { secretId, secretKey, token: session });
    },
    /permission set/,
  ],
];

for (const [code, what, cause, message] of causes) {
  test(`the Cloud API answers ${code} for ${what}, and answers again when it may`, async () => {
    const { Error: error, RequestId: rid } = await cause();
    assert.equal(error?.Code, code, JSON.stringify(error));
    assert.match(error.Message, message);
    assert.match(rid, /^[0-9a-f]{8}(-[0-9a-f]{8}){2}$/);
    assert.equal((await ask("DescribeEnvInfo")).Error, undefined);
  });
}
