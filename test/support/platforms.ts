import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openTestApp } from "./wechat.ts";

/** The test app with a platform `wxplatform`, which has a secret and a ticket. */
export async function openPlatformApp(changes: Parameters<typeof openTestApp>[0] = {}) {
  const opened = await openTestApp(changes);
  const { access, accounts, call, folder } = opened;
  const { platforms } = access;
  const platformId = "wxplatform";
  const shown = { platformId, secret: "platform-secret", ticket: "ticket@@@one" };
  await platforms.add({ platformId, secret: shown.secret });
  await platforms.setTicket(platformId, shown.ticket);
  const componentToken = async () => (await platforms.componentToken(shown)).token;

  return {
    ...opened,
    componentToken,
    /** A call of the platform's, with a new token of its own. */
    asPlatform: async (name: string, body: object, token?: string) =>
      call(
        `/cgi-bin/component/${name}?component_access_token=${token ?? (await componentToken())}`,
        { component_appid: platformId, ...body },
      ),
    /** The authorisation code that `mine` gives the platform. */
    consent: async (sets: number[]) => {
      const { code: preAuthCode } = await platforms.createPreAuthCode(platformId);
      const { appId } = accounts.mine;
      return (await platforms.consent({ platformId, preAuthCode, appId, sets })).code;
    },
    /** A token of the platform for `mine` with these sets. */
    authorizerToken: async (sets: number[], appId = accounts.mine.appId) => {
      const { refreshToken } = await platforms.authorize({ platformId, appId, sets });
      return (await platforms.refresh(platformId, appId, refreshToken)).issued.token;
    },
    /** The status query of a job that is not there: 40097 says that the token opened it. */
    ask: (token: string) =>
      call(`/tcb/databasemigratequeryinfo?access_token=${token}`, { env: "mine-1", job_id: 404 }),
    /** All that the store's files hold. */
    storedText: async () => {
      const names = (await readdir(folder)).filter((name) => name.startsWith("jobs.sqlite"));
      const files = names.map((name) => readFile(join(folder, name), "latin1"));
      return (await Promise.all(files)).join("");
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}
