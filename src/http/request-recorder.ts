import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { RecordBounds, RequestRecord, RequestRecords } from "../store/request-records.ts";
import { type BodyHead, keptBytes } from "./json-body.ts";
import type { RequestContext } from "./request-context.ts";
import { maskedText, maskedUrl } from "./mask.ts";
import { queryParameter, tokenOf } from "./wechat/url-parameters.ts";

/** On the disk, of all records together: with indexes about 40 MB. */
const bounds: RecordBounds = { records: 20_000, bytes: 32 << 20 };

/** Records that wait for the next write; so many can be kept in a second. */
const waitingLimit = 256;
const writeEveryMs = 1_000;

export interface RecorderParts {
  records: RequestRecords;
  /** Whose access token that was, if it was ever one of ours, and whether it still holds. */
  tokenOwner(token: string): { account: string; holds: boolean } | undefined;
  /** The disk is full: what is left of it is for others. */
  isFull: () => boolean;
  /** Unix ms. */
  clock: () => number;
  logger: Logger;
}

/** A record whose body may still be coming. */
interface Noted {
  record: Omit<RequestRecord, "body">;
  head: BodyHead | null;
}

/**
 * Keeps requests that were answered with an error, to be looked up by their rid. Nobody waits for it: records are written together,
 * once a second, after their answers have left. What comes faster than that is dropped and counted, that of the busiest account
 * first.
 */
export class RequestRecorder implements AsyncDisposable {
  readonly #parts: RecorderParts;
  /** By share, oldest first. */
  #waiting = new Map<string, Noted[]>();
  #waitingCount = 0;
  /** What is being written. */
  #writing: RequestRecord[] = [];
  #write: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #dropped = 0;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** Sees every request to its end. */
  register(app: FastifyInstance): void {
    app.addHook("onResponse", (request, _reply, done) => {
      this.note(request.docferry);
      done();
    });
  }

  /** A request that was answered with an error, once the answer has left. */
  note(context: RequestContext): void {
    const { failure, receivedAt } = context;
    if (failure === null) return;
    const { account, share } = this.#ownerOf(context);
    if (!this.#makePlace(share)) {
      this.#dropped++;
      return;
    }
    const noted: Noted = {
      head: headOf(context),
      record: {
        rid: context.rid,
        account,
        share,
        at: receivedAt,
        ms: this.#parts.clock() - receivedAt,
        method: context.method,
        url: cut(maskedUrl(context.url)),
        answer: cut(maskedText(failure)),
        client: context.client,
      },
    };
    const waiting = this.#waiting.get(share);
    if (waiting) waiting.push(noted);
    else this.#waiting.set(share, [noted]);
    this.#waitingCount++;
    this.#timer ??= setTimeout(() => void this.flush(), writeEveryMs).unref();
  }

  async find(rid: string): Promise<RequestRecord | undefined> {
    for (const noted of this.#waiting.values()) {
      const found = noted.find(({ record }) => record.rid === rid);
      if (found) return recordOf(found);
    }
    return (
      this.#writing.find((record) => record.rid === rid) ?? (await this.#parts.records.find(rid))
    );
  }

  /** Writes what waits. One write at a time. */
  flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#write = this.#write.then(() => this.#writeWaiting());
    return this.#write;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
  }

  async #writeWaiting(): Promise<void> {
    const { records, isFull, logger } = this.#parts;
    this.#writing = [...this.#waiting.values()].flat().map(recordOf);
    this.#waiting = new Map();
    this.#waitingCount = 0;
    try {
      if (isFull()) this.#dropped += this.#writing.length;
      else if (this.#writing.length > 0) await records.add(this.#writing, bounds);
    } catch {
      this.#dropped += this.#writing.length;
    }
    this.#writing = [];
    if (this.#dropped === 0) return;
    logger.warn({ dropped: this.#dropped }, "failed requests that cannot be looked up");
    this.#dropped = 0;
  }

  /**
   * Who may look it up. A request that proves itself takes from its app's share; one that only names an app, or brings a token that
   * has ended, may be looked up by that app, but takes from the share of strangers: nobody can use up another's.
   */
  #ownerOf(context: RequestContext): Pick<RequestRecord, "account" | "share"> {
    const { appId, namedApp, url } = context;
    if (appId !== null) return { account: appId, share: appId };
    const token = tokenOf(url) ?? bearerIn(context);
    const owner = token === null ? undefined : this.#parts.tokenOwner(token);
    if (owner) return { account: owner.account, share: owner.holds ? owner.account : "" };
    return { account: namedApp ?? queryParameter(url, "appid"), share: "" };
  }

  /** Where no place is left, the share with the most records gives up its newest. */
  #makePlace(share: string): boolean {
    if (this.#waitingCount < waitingLimit) return true;
    let largest: Noted[] = [];
    for (const noted of this.#waiting.values()) {
      if (noted.length > largest.length) largest = noted;
    }
    if ((this.#waiting.get(share)?.length ?? 0) + 1 >= largest.length) return false;
    largest.pop();
    this.#waitingCount--;
    this.#dropped++;
    return true;
  }
}

/**
 * Keeps what is answered to a request that fails. A body that nobody has read, because the request was refused before, is on its
 * way and would be thrown away else: what comes of it until the answer has left is kept, too.
 */
export function keepFailure(context: RequestContext, answer: string): void {
  const { raw } = context;
  context.failure = answer;
  // A PUT brings a file.
  if (context.body !== null || raw.readableFlowing !== null || context.method === "PUT") return;
  const body: BodyHead = { bytes: Buffer.alloc(0), size: 0 };
  context.body = body;
  raw.on("data", (piece: Buffer) => {
    const room = keptBytes - body.bytes.length;
    if (room > 0) body.bytes = Buffer.concat([body.bytes, piece.subarray(0, room)]);
    body.size += piece.length;
  });
  // A client that goes in the middle has its answer already.
  raw.on("error", () => undefined);
}

/** Not more of a body than is kept: the whole one would be held meanwhile. */
function headOf({ body }: RequestContext): BodyHead | null {
  if (!body || body.bytes.length <= keptBytes) return body;
  return { bytes: Buffer.from(body.bytes.subarray(0, keptBytes)), size: body.size };
}

function recordOf({ record, head }: Noted): RequestRecord {
  if (!head) return { ...record, body: "" };
  const text = maskedText(head.bytes.toString());
  return { ...record, body: head.size <= keptBytes ? text : `${text}${cutMark(head.size)}` };
}

function cut(text: string): string {
  if (text.length <= keptBytes) return text;
  return `${text.slice(0, keptBytes).toWellFormed()}${cutMark(text.length)}`;
}

function cutMark(size: number): string {
  return ` … [cut: ${size} in all]`;
}

function bearerIn({ raw }: RequestContext): string | null {
  return /^Bearer +(\S+) *$/i.exec(raw.headers.authorization ?? "")?.[1] ?? null;
}
