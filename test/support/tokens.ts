import type { openPlatformApp } from "./platforms.ts";

type PlatformApp = Awaited<ReturnType<typeof openPlatformApp>>;

/** A token of each kind; `none` has none. `mine` is the app that they are about. */
export async function tokensOf(opened: PlatformApp): Promise<Record<string, string | undefined>> {
  const { access, accounts, clock } = opened;
  const expired = (await access.appToken(accounts.bare)).token;
  clock.pass(7200 - 300);
  const superseded = (await access.appToken(accounts.other)).token;
  const other = (await access.appToken(accounts.other)).token;
  clock.pass(300);
  const third = await access.addApp();
  await access.addEnvironment(third.appId, "third-1");
  const revoked = await opened.authorizerToken([49], third.appId);
  await access.platforms.revoke("wxplatform", third.appId);
  return {
    none: undefined,
    "made-up": "made-up",
    expired,
    superseded,
    app: (await access.appToken(accounts.mine)).token,
    "other app": other,
    authorizer: await opened.authorizerToken([49]),
    "authorizer without the set": await opened.authorizerToken([18], accounts.other.appId),
    component: await opened.componentToken(),
    revoked,
  };
}
