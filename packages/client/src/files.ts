import type { File, FilePage } from "./api.ts";
import { type CallOptions, type Connection, signalOf } from "./connection.ts";

/** What a file is made of. A function is called again where the upload has to begin anew; a stream can be sent once only. */
export type FileContent =
  | Blob
  | Uint8Array<ArrayBuffer>
  | string
  | ReadableStream<Uint8Array>
  | (() => Blob | ReadableStream<Uint8Array>);

/** Conditions of a change: it is made only if they hold. */
export interface FileConditions extends CallOptions {
  /** The MD5 that the file must have. */
  ifMatch?: string;
  /** The name must be free. */
  ifNew?: boolean;
}

export interface GetOptions extends CallOptions {
  /** First byte, and the one after the last. */
  range?: { from: number; to?: number };
}

/** What is known of a file before its bytes. */
export interface FileHead {
  size: number;
  md5: string;
  contentType: string;
}

/** The files of an environment. */
export class Files {
  readonly #connection: Connection;
  readonly #environment: string;

  constructor(connection: Connection, environment: string) {
    this.#connection = connection;
    this.#environment = environment;
  }

  /** Stores a file; the name points to it once all of it is on the service's disk. */
  async put(
    name: string,
    content: FileContent,
    options: { contentType?: string } & FileConditions = {},
  ): Promise<File> {
    return this.#connection.json<File>("putFile", {
      ...this.#common(name, options),
      headers: {
        ...conditionHeaders(options),
        "content-type": options.contentType ?? "application/octet-stream",
      },
      body: () => (typeof content === "function" ? content() : content),
      repeatable: !(content instanceof ReadableStream),
    });
  }

  /** A file's bytes as they come. */
  async get(name: string, options: GetOptions = {}): Promise<ReadableStream<Uint8Array>> {
    return (await this.open(name, options)).body;
  }

  /** The same, with what is known of the file; `size` is that of the range. */
  async open(
    name: string,
    options: GetOptions = {},
  ): Promise<{ body: ReadableStream<Uint8Array> } & FileHead> {
    const { range } = options;
    const response = await this.#connection.send("getFile", {
      ...this.#common(name, options),
      headers: range
        ? { range: `bytes=${range.from}-${range.to === undefined ? "" : range.to - 1}` }
        : {},
      streams: true,
    });
    return { body: response.body ?? new Blob([]).stream(), ...headOf(response) };
  }

  /** Size, type and MD5 of a file. */
  async head(name: string, options: CallOptions = {}): Promise<FileHead> {
    return headOf(await this.#connection.send("headFile", this.#common(name, options)));
  }

  /** Files in order of their names, page by page as they are taken. */
  async *list(
    options: { prefix?: string; pageSize?: number } & CallOptions = {},
  ): AsyncGenerator<File, void, undefined> {
    let cursor: string | undefined;
    do {
      const page: FilePage = await this.#connection.json<FilePage>("listFiles", {
        path: { env: this.#environment },
        query: { prefix: options.prefix, limit: options.pageSize, cursor },
        ...signalOf(options),
      });
      yield* page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  async remove(name: string, options: FileConditions = {}): Promise<void> {
    await this.#connection.send("removeFile", {
      ...this.#common(name, options),
      headers: conditionHeaders(options),
      // Where no answer came it may be gone already: a second try would say that it was never there.
      repeatable: false,
    });
  }

  #common(name: string, options: CallOptions) {
    return { path: { env: this.#environment, path: name }, ...signalOf(options) };
  }
}

function headOf({ headers }: Response): FileHead {
  return {
    size: Number(headers.get("content-length")),
    md5: (headers.get("etag") ?? "").replaceAll('"', ""),
    contentType: headers.get("content-type") ?? "",
  };
}

function conditionHeaders({ ifMatch, ifNew }: FileConditions): Record<string, string> {
  return {
    ...(ifMatch !== undefined && { "if-match": `"${ifMatch}"` }),
    ...(ifNew && { "if-none-match": "*" }),
  };
}
