import { uploadsPrefix } from "../../files/file-name.ts";
import { newObjectId } from "../../files/object-id.ts";
import type { ObjectStore, StoredObject } from "../../files/object-store.ts";
import { DocferryError } from "../../job/errors.ts";
import type { FileEntry, FileIndex } from "../../store/file-index.ts";

/** As COS has it. */
const mostParts = 10_000;

/** Uploads of one environment that are not finished. */
const mostUploads = 1000;

/** Names read at once. */
const page = 1000;

export interface MultipartUpload {
  id: string;
  environment: string;
  /** Of the file that is to be. */
  name: string;
  contentType: string;
  /** Unix ms. */
  startedAt: number;
}

export interface UploadPart {
  /** From 1. */
  number: number;
  object: StoredObject;
  /** Unix ms. */
  modifiedAt: number;
}

/**
 * Uploads in parts. All there is of one stands under hidden names of its environment, so it outlives a restart, goes with its
 * environment, and its parts are kept from the sweeper like any file. Whoever reads files sees nothing of it until it is complete.
 */
export class MultipartUploads {
  readonly #index: FileIndex;
  readonly #objects: ObjectStore;
  readonly #clock: () => number;
  /** Ids. */
  readonly #completing = new Set<string>();

  constructor(parts: { index: FileIndex; objects: ObjectStore; clock: () => number }) {
    this.#index = parts.index;
    this.#objects = parts.objects;
    this.#clock = parts.clock;
  }

  /**
   * @param requireStanding throws where the environment is not the one any more that was asked for
   * @throws {DocferryError} `busy` where an environment has too many that nobody finishes
   */
  async start(
    environment: string,
    file: { name: string; contentType: string },
    requireStanding: () => void,
  ): Promise<string> {
    if ((await this.#starts(environment)).length >= mostUploads) {
      throw new DocferryError(
        "busy",
        `The environment has ${mostUploads} unfinished uploads: complete or abort some`,
      );
    }
    const id = newObjectId();
    await using writer = await this.#objects.create(newObjectId());
    await writer.write(Buffer.from(JSON.stringify([file.name, file.contentType])));
    const object = await writer.finish();
    requireStanding();
    await this.#put(environment, partName(id, 0), object);
    return id;
  }

  /** @throws {DocferryError} `upload_not_found`, for one of another file too */
  async find(environment: string, id: string, name: string): Promise<MultipartUpload> {
    const start = /^[0-9a-f]{32}$/.test(id)
      ? await this.#index.get(environment, partName(id, 0))
      : undefined;
    const upload = start && (await this.#read(start));
    if (upload?.name === name) return upload;
    throw new DocferryError("upload_not_found", "There is no such upload of this file");
  }

  /** Uploads of files whose names begin so, oldest first. */
  async list(environment: string, prefix: string): Promise<MultipartUpload[]> {
    const found: MultipartUpload[] = [];
    for (const start of await this.#starts(environment)) {
      const upload = await this.#read(start);
      if (upload?.name.startsWith(prefix)) found.push(upload);
    }
    return found.sort((a, b) => a.startedAt - b.startedAt);
  }

  /**
   * Keeps a part; one that had its number before is gone.
   * @throws {DocferryError} `invalid_part`; `upload_not_found` if the upload ended meanwhile
   */
  async addPart(upload: MultipartUpload, number: number, object: StoredObject): Promise<void> {
    await this.#put(upload.environment, partName(upload.id, number), object);
    // Completed or aborted while the bytes came: what was put would stand for nobody.
    if (await this.#index.get(upload.environment, partName(upload.id, 0))) return;
    await this.#index.remove(upload.environment, partName(upload.id, number));
    throw new DocferryError("upload_not_found", "The upload has ended meanwhile");
  }

  /** In order of number. */
  async parts(upload: MultipartUpload): Promise<UploadPart[]> {
    const entries = await this.#names(upload.environment, `${uploadsPrefix}${upload.id}/`);
    return entries
      .map(({ name, object, size, md5, modifiedAt }) => ({
        number: Number(name.slice(name.lastIndexOf("/") + 1)),
        object: { id: object, size, md5 },
        modifiedAt,
      }))
      .filter(({ number }) => number > 0);
  }

  /**
   * The file gets its name, with one object of the parts that are listed, in this order; in the same moment the upload is gone.
   * @throws {DocferryError} `invalid_part`, `upload_not_found`; `busy` while it is being completed
   */
  async complete(
    upload: MultipartUpload,
    listed: readonly { number: number; md5: string }[],
    options: { signal: AbortSignal; requireStanding: () => void },
  ): Promise<StoredObject> {
    const { id, environment, name, contentType } = upload;
    // Each would put all of its bytes on the disk once more, where no limit counts them.
    if (this.#completing.has(id)) {
      throw new DocferryError("busy", "The upload is being completed already");
    }
    this.#completing.add(id);
    try {
      const object = await this.#join(upload, listed, options);
      options.requireStanding();
      const insteadOf = `${uploadsPrefix}${id}/`;
      const now = this.#clock();
      await this.#index.put({ environment, name, object, contentType, now, insteadOf });
      return object;
    } finally {
      this.#completing.delete(id);
    }
  }

  /** Forgets it with its parts; whose bytes the sweeper then removes. */
  async remove(upload: Pick<MultipartUpload, "environment" | "id">): Promise<void> {
    // Its start first: from then on nobody adds parts.
    for (const { name } of await this.#names(upload.environment, `${uploadsPrefix}${upload.id}/`)) {
      await this.#index.remove(upload.environment, name);
    }
  }

  /** Forgets uploads of an environment that nobody has written to since `before`, unix ms. */
  async removeAbandoned(environment: string, before: number): Promise<void> {
    // Also parts without a start: of a process that ended between the two looks of `addPart`.
    for (const { name } of await this.#firsts(environment)) {
      const id = idOf(name);
      const entries = await this.#names(environment, `${uploadsPrefix}${id}/`);
      if (entries.every(({ modifiedAt }) => modifiedAt < before)) {
        await this.remove({ environment, id });
      }
    }
  }

  async #join(
    upload: MultipartUpload,
    listed: readonly { number: number; md5: string }[],
    { signal }: { signal: AbortSignal },
  ): Promise<StoredObject> {
    const known = new Map((await this.parts(upload)).map((part) => [part.number, part.object]));
    if (listed.length === 0) throw new DocferryError("invalid_part", "No part is listed");
    let before = 0;
    const pieces = listed.map(({ number, md5 }) => {
      const object = known.get(number);
      if (number <= before || object?.md5 !== md5) {
        throw new DocferryError("invalid_part", `Part ${number} is not there, or another one`);
      }
      before = number;
      return { object: object.id };
    });
    try {
      return await this.#objects.join(newObjectId(), pieces, { signal, onBytes: () => {} });
    } catch (error) {
      if (!(error instanceof DocferryError) || error.code !== "object_not_found") throw error;
      throw new DocferryError("upload_not_found", "The upload has ended meanwhile");
    }
  }

  async #put(environment: string, name: string, object: StoredObject): Promise<void> {
    const now = this.#clock();
    const contentType = "application/octet-stream";
    await this.#index.put({ environment, name, object, contentType, now });
  }

  async #starts(environment: string): Promise<FileEntry[]> {
    const firsts = await this.#firsts(environment);
    return firsts.filter(({ name }) => name === partName(idOf(name), 0));
  }

  /** The first name of each upload: from one to the next in one look, however many parts are between. */
  async #firsts(environment: string): Promise<FileEntry[]> {
    const firsts: FileEntry[] = [];
    let after: string | null = null;
    for (;;) {
      const [first]: FileEntry[] = await this.#index.list({
        environment,
        prefix: uploadsPrefix,
        after,
        limit: 1,
      });
      if (!first) return firsts;
      firsts.push(first);
      after = partName(idOf(first.name), 99_999);
    }
  }

  async #names(environment: string, prefix: string): Promise<FileEntry[]> {
    const found: FileEntry[] = [];
    for (;;) {
      const after = found.at(-1)?.name ?? null;
      const entries = await this.#index.list({ environment, prefix, after, limit: page });
      found.push(...entries);
      if (entries.length < page) return found;
    }
  }

  async #read(start: FileEntry): Promise<MultipartUpload | undefined> {
    const pieces: Uint8Array[] = [];
    const range = { from: 0, to: start.size };
    const { signal } = new AbortController();
    try {
      for await (const piece of this.#objects.read(start.object, range, { signal })) {
        pieces.push(piece);
      }
    } catch (error) {
      if (error instanceof DocferryError && error.code === "object_not_found") return undefined;
      throw error;
    }
    const [name, contentType] = JSON.parse(Buffer.concat(pieces).toString()) as [string, string];
    const id = idOf(start.name);
    const { environment, modifiedAt: startedAt } = start;
    return { id, environment, name, contentType, startedAt };
  }
}

/** @throws {DocferryError} `invalid_part` */
export function partNumber(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= mostParts) return number;
  throw new DocferryError("invalid_part", `partNumber is not 1 to ${mostParts}`);
}

/** Digits: so that names stand in the order of their numbers. */
const numberWidth = 5;

/** Of the upload that a name is a part of. */
function idOf(name: string): string {
  return name.slice(uploadsPrefix.length, -numberWidth - 1);
}

/** Where a part of an unfinished upload stands: `<upload>/<number>`. What it is an upload of is number 0. */
export function partName(id: string, number: number): string {
  return `${uploadsPrefix}${id}/${String(number).padStart(numberWidth, "0")}`;
}
