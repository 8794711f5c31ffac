import type {
  AccountLimits,
  App,
  AppPage,
  AppSecret,
  Authorization,
  CloudKey,
  CloudKeyPage,
  CloudKeySecret,
  Environment,
  EnvironmentLimits,
  EnvironmentPage,
  FailedRequest,
  NewApp,
  NewAccountLimits,
  NewAuthorization,
  NewCloudKey,
  NewEnvironment,
  NewEnvironmentLimits,
  NewPlatform,
  Platform,
  PlatformPage,
  PlatformSecret,
  Ticket,
} from "./api.ts";
import { type CallOptions, Connection, signalOf } from "./connection.ts";
import type { RetryOptions } from "./retry.ts";

/** What the operator of a service does, with the key that stands in its data folder. Everything takes effect at once. */
export class DocferryAdmin {
  readonly #connection: Connection;

  constructor(options: {
    /** `http://HOST:PORT` */
    server: string;
    operatorKey: string;
    fetch?: typeof fetch;
    retry?: RetryOptions;
    timeoutMs?: number;
  }) {
    this.#connection = new Connection({
      address: options.server,
      tokens: { token: async () => options.operatorKey, canRenew: false, isForWeChat: false },
      fetch: options.fetch ?? globalThis.fetch,
      retry: options.retry ?? {},
      timeoutMs: options.timeoutMs ?? 60_000,
    });
  }

  async apps(options: CallOptions = {}): Promise<App[]> {
    return (await this.#connection.json<AppPage>("listApps", signalOf(options))).items;
  }

  addApp(app: NewApp = {}, options: CallOptions = {}): Promise<AppSecret> {
    return this.#connection.json<AppSecret>("addApp", { json: app, ...signalOf(options) });
  }

  /** Gives an app another secret; the old one and its tokens are refused at once. */
  rotateSecret(app: string, secret?: string, options: CallOptions = {}): Promise<AppSecret> {
    return this.#connection.json<AppSecret>("rotateSecret", {
      path: { app },
      json: secret === undefined ? {} : { secret },
      ...signalOf(options),
    });
  }

  /** @param options.cancelJobs cancel jobs that run; else they are a conflict */
  async removeApp(
    app: string,
    options: { cancelJobs?: boolean } & CallOptions = {},
  ): Promise<void> {
    await this.#connection.send("removeApp", {
      path: { app },
      query: { cancelJobs: options.cancelJobs },
      repeatable: false,
      ...signalOf(options),
    });
  }

  async environments(
    options: { app?: string; platform?: string } & CallOptions = {},
  ): Promise<Environment[]> {
    const page = await this.#connection.json<EnvironmentPage>("listEnvironments", {
      query: { app: options.app, platform: options.platform },
      ...signalOf(options),
    });
    return page.items;
  }

  addEnvironment(environment: NewEnvironment, options: CallOptions = {}): Promise<Environment> {
    return this.#connection.json<Environment>("addEnvironment", {
      json: environment,
      ...signalOf(options),
    });
  }

  /** Lets an app reach a platform's environment. */
  async shareEnvironment(env: string, app: string, options: CallOptions = {}): Promise<void> {
    await this.#connection.send("shareEnvironment", { path: { env, app }, ...signalOf(options) });
  }

  /** Lets an app reach a platform's environment no longer. */
  async unshareEnvironment(env: string, app: string, options: CallOptions = {}): Promise<void> {
    await this.#connection.send("unshareEnvironment", { path: { env, app }, ...signalOf(options) });
  }

  /** With its jobs, files and documents. */
  async removeEnvironment(
    env: string,
    options: { cancelJobs?: boolean } & CallOptions = {},
  ): Promise<void> {
    await this.#connection.send("removeEnvironment", {
      path: { env },
      query: { cancelJobs: options.cancelJobs },
      repeatable: false,
      ...signalOf(options),
    });
  }

  appLimits(app: string, options: CallOptions = {}): Promise<AccountLimits> {
    return this.#connection.json<AccountLimits>("appLimits", {
      path: { app },
      ...signalOf(options),
    });
  }

  /** All of them: what is left out is no limit. */
  setAppLimits(
    app: string,
    limits: NewAccountLimits,
    options: CallOptions = {},
  ): Promise<AccountLimits> {
    return this.#connection.json<AccountLimits>("setAppLimits", {
      path: { app },
      json: limits,
      ...signalOf(options),
    });
  }

  platformLimits(platform: string, options: CallOptions = {}): Promise<AccountLimits> {
    return this.#connection.json<AccountLimits>("platformLimits", {
      path: { platform },
      ...signalOf(options),
    });
  }

  /** All of them: what is left out is no limit. */
  setPlatformLimits(
    platform: string,
    limits: NewAccountLimits,
    options: CallOptions = {},
  ): Promise<AccountLimits> {
    return this.#connection.json<AccountLimits>("setPlatformLimits", {
      path: { platform },
      json: limits,
      ...signalOf(options),
    });
  }

  environmentLimits(env: string, options: CallOptions = {}): Promise<EnvironmentLimits> {
    return this.#connection.json<EnvironmentLimits>("environmentLimits", {
      path: { env },
      ...signalOf(options),
    });
  }

  /** All of them: what is left out is no limit. */
  setEnvironmentLimits(
    env: string,
    limits: NewEnvironmentLimits,
    options: CallOptions = {},
  ): Promise<EnvironmentLimits> {
    return this.#connection.json<EnvironmentLimits>("setEnvironmentLimits", {
      path: { env },
      json: limits,
      ...signalOf(options),
    });
  }

  /** A request that failed, by the rid that its answer has. */
  failedRequest(rid: string, options: CallOptions = {}): Promise<FailedRequest> {
    return this.#connection.json<FailedRequest>("findRequest", {
      path: { rid },
      ...signalOf(options),
    });
  }

  async keys(app: string, options: CallOptions = {}): Promise<CloudKey[]> {
    const page = await this.#connection.json<CloudKeyPage>("listKeys", {
      path: { app },
      ...signalOf(options),
    });
    return page.items;
  }

  addKey(app: string, key: NewCloudKey = {}, options: CallOptions = {}): Promise<CloudKeySecret> {
    return this.#connection.json<CloudKeySecret>("addKey", {
      path: { app },
      json: key,
      ...signalOf(options),
    });
  }

  async removeKey(app: string, secretId: string, options: CallOptions = {}): Promise<void> {
    await this.#connection.send("removeKey", {
      path: { app, secretId },
      repeatable: false,
      ...signalOf(options),
    });
  }

  async platforms(options: CallOptions = {}): Promise<Platform[]> {
    return (await this.#connection.json<PlatformPage>("listPlatforms", signalOf(options))).items;
  }

  addPlatform(platform: NewPlatform = {}, options: CallOptions = {}): Promise<PlatformSecret> {
    return this.#connection.json<PlatformSecret>("addPlatform", {
      json: platform,
      ...signalOf(options),
    });
  }

  /** With its environments, tickets, authorisations and tokens. */
  async removePlatform(
    platform: string,
    options: { cancelJobs?: boolean } & CallOptions = {},
  ): Promise<void> {
    await this.#connection.send("removePlatform", {
      path: { platform },
      query: { cancelJobs: options.cancelJobs },
      repeatable: false,
      ...signalOf(options),
    });
  }

  /** Without a ticket a random one. It holds 12 hours. */
  setTicket(platform: string, ticket?: string, options: CallOptions = {}): Promise<Ticket> {
    return this.#connection.json<Ticket>("setTicket", {
      path: { platform },
      json: ticket === undefined ? {} : { ticket },
      ...signalOf(options),
    });
  }

  /** Lets a platform act for an app; takes the place of what the app granted before. */
  authorizePlatform(
    platform: string,
    authorization: NewAuthorization,
    options: CallOptions = {},
  ): Promise<Authorization> {
    return this.#connection.json<Authorization>("authorizePlatform", {
      path: { platform },
      json: authorization,
      ...signalOf(options),
    });
  }

  /** Ends it, and at once every token that came from it. */
  async revokePlatform(platform: string, app: string, options: CallOptions = {}): Promise<void> {
    await this.#connection.send("revokePlatform", {
      path: { platform, app },
      repeatable: false,
      ...signalOf(options),
    });
  }
}
