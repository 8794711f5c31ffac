import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { ensureFirstAccount, type FirstAccount } from "./access/first-account.ts";
import { compose, type Composition } from "./compose.ts";
import type { Config } from "./config.ts";
import { dataPaths, lockDataFolder } from "./data-folder.ts";
import { downloadAddress } from "./files/signed-url.ts";
import { createApp } from "./http/app.ts";
import { connectionsWithin } from "./http/limits.ts";
import { defaultEventTimes } from "./http/native/events.ts";
import { openFilesLimit } from "./open-files.ts";
import { asDocferryError, DocferryError } from "./job/errors.ts";

/** How long the address of a job's file holds; each status query gives a new one. */
const fileUrlSeconds = 3600;

/** A client that neither sends nor takes a byte for this long has gone. */
const idleSeconds = 120;

export interface Service {
  /** `http://HOST:PORT` */
  address: string;
  account: FirstAccount;
  /** Takes nothing new, lets what runs commit and give its leases back, closes everything. The same promise each time. */
  drain(): Promise<void>;
}

/**
 * Locks the data folder, opens it, listens, and starts to work.
 * @throws {DocferryError} `data_folder_in_use`, `newer_schema`, `secret_mismatch`, `invalid_config`; `store_unavailable`,
 *   `disk_full` where the data folder cannot be written
 */
export async function startService(config: Config, logger: Logger): Promise<Service> {
  await using opened = new AsyncDisposableStack();
  opened.use(lockDataFolder(dataPaths(config.data).folder));
  const parts = opened.use(await compose(config, logger).catch(throwTold));
  const account = await ensureFirstAccount(parts.access, named(config));
  const app = serviceApp(config, parts, logger);
  opened.defer(() => closeApp(app));
  await listen(app, config);
  const address = addressOf(app, config);
  opened.use(publishAddress(config, address));
  parts.engine.start();
  opened.defer(() => parts.engine.drain());
  const service = opened.move();
  let draining: Promise<void> | null = null;
  return {
    address,
    account,
    drain: () => (draining ??= drainService(service, parts, logger)),
  };
}

/** The service's API without a socket. */
export interface OfflineService extends AsyncDisposable {
  /** Takes requests as `fetch` does; which host they name does not matter. */
  fetch: typeof fetch;
}

/**
 * Locks a data folder that no service runs on, and opens it for commands of the operator.
 * @param options.work also move jobs on: what is to be cancelled has to stop first
 * @throws {DocferryError} `data_folder_in_use` and what `startService` throws
 */
export async function openOffline(
  config: Config,
  logger: Logger,
  options: { work: boolean },
): Promise<OfflineService> {
  await using opened = new AsyncDisposableStack();
  opened.use(lockDataFolder(dataPaths(config.data).folder));
  const parts = opened.use(await compose(config, logger).catch(throwTold));
  const app = serviceApp({ ...config, tlsCert: "", tlsKey: "" }, parts, logger);
  opened.defer(() => app.close());
  if (options.work) {
    parts.engine.start();
    opened.defer(() => parts.engine.drain());
  }
  const service = opened.move();
  return {
    fetch: (input, init) => answerWithout(app, new Request(input, init)),
    [Symbol.asyncDispose]: () => service.disposeAsync(),
  };
}

async function answerWithout(app: FastifyInstance, request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const body = Buffer.from(await request.arrayBuffer());
  const answer = await app.inject({
    method: request.method as "GET",
    url: pathname + search,
    headers: Object.fromEntries(request.headers),
    ...(body.length > 0 && { payload: body }),
  });
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
  return new Response(answer.rawPayload.length > 0 ? new Uint8Array(answer.rawPayload) : null, {
    status: answer.statusCode,
    headers: headers as [string, string][],
  });
}

function serviceApp(config: Config, parts: Composition, logger: Logger): FastifyInstance {
  return createApp({
    access: parts.access,
    recorder: parts.recorder,
    limitStore: parts.limitStore,
    engine: parts.engine,
    index: parts.store.files,
    objects: parts.files,
    formKey: parts.formKey,
    operatorKey: parts.operatorKey,
    eventTimes: defaultEventTimes,
    idleMs: idleSeconds * 1000,
    limits: {
      headersMs: 30_000,
      bodyMs: 60_000,
      maxConnections: connectionsWithin(openFilesLimit(), config.maxConnections),
    },
    fileUrl: ({ caller, environment, name, baseUrl, now }) => {
      const { key, sharedWith } = parts.access.addressKeyFor(caller, environment);
      const expiresAt = Math.floor(now / 1000) + fileUrlSeconds;
      const download = { environment, name, expiresAt, saveAs: null, sharedWith };
      return downloadAddress(baseUrl, download, key);
    },
    logger,
    clock: Date.now,
    publicUrl: config.publicUrl.replace(/\/$/, "") || null,
    trustProxy: config.trustProxy,
    corsOrigins: new Set(config.corsOrigins.split(",").filter((origin) => origin !== "")),
    locale: config.locale,
    tls: readTls(config),
    notReady: async () => {
      if (parts.engine.draining) return "draining";
      if (parts.room.full) return "the disk is full";
      return parts.engine.writeFault();
    },
  });
}

/** Where the folder's service is to be found, for commands on the same machine: gone with the service. */
function publishAddress(config: Config, address: string): Disposable {
  const file = dataPaths(config.data).address;
  writeFileSync(
    file,
    `${address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")}\n`,
  );
  return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
}

/** What the disk refuses has a sentence and a hint; what is our fault keeps its stack. */
function throwTold(thrown: unknown): never {
  const error = asDocferryError(thrown);
  throw error.code === "internal" ? thrown : error;
}

async function drainService(
  service: AsyncDisposableStack,
  { engine }: Composition,
  logger: Logger,
): Promise<void> {
  logger.info({}, "draining");
  await engine.drain();
  await service.disposeAsync();
  logger.info({}, "stopped");
}

function named(config: Config) {
  const given = {
    appId: config.appId,
    secret: config.appSecret,
    environment: config.envId,
    secretId: config.secretId,
    secretKey: config.secretKey,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
}

function readTls(config: Config): { cert: Buffer; key: Buffer } | null {
  if (config.tlsCert === "") return null;
  const read = (flag: string, file: string) => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new DocferryError("invalid_config", `${flag} ${file}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  };
  return { cert: read("--tls-cert", config.tlsCert), key: read("--tls-key", config.tlsKey) };
}

async function listen(app: FastifyInstance, config: Config): Promise<void> {
  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === "EADDRINUSE"
        ? "is in use: stop the other process or give another --port"
        : (error as Error).message;
    throw new DocferryError(
      "invalid_config",
      `Cannot listen: ${config.host}:${config.port} ${reason}`,
      { cause: error },
    );
  }
}

function addressOf(app: FastifyInstance, config: Config): string {
  const { port } = app.server.address() as AddressInfo;
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  return `${config.tlsCert === "" ? "http" : "https"}://${host}:${port}`;
}

/** How long a client that reads slowly may keep a stopping service. */
const closeGraceMs = 3_000;

/** Lets answers that are under way end, then cuts what is still open. */
async function closeApp(app: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), closeGraceMs);
  app.server.closeIdleConnections();
  await app.close();
  clearTimeout(cut);
}
