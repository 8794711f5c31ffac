import type { Collection, CollectionPage } from "./api.ts";
import { type CallOptions, type Connection, signalOf } from "./connection.ts";

/** The collections of an environment. */
export class Collections {
  readonly #connection: Connection;
  readonly #environment: string;

  constructor(connection: Connection, environment: string) {
    this.#connection = connection;
    this.#environment = environment;
  }

  /** By name, with their documents and sizes. */
  async list(options: CallOptions = {}): Promise<Collection[]> {
    const page = await this.#connection.json<CollectionPage>("listCollections", {
      path: { env: this.#environment },
      ...signalOf(options),
    });
    return page.items;
  }

  /** Makes the collection if it is not there; one that is stays as it is. */
  create(name: string, options: CallOptions = {}): Promise<Collection> {
    return this.#connection.json<Collection>("putCollection", this.#common(name, options));
  }

  /**
   * Drops the collection with its documents.
   * @param options.cancelJobs cancel jobs on it that have not ended; else they are refused as `collection_in_use`
   */
  async drop(name: string, options: { cancelJobs?: boolean } & CallOptions = {}): Promise<void> {
    await this.#connection.send("dropCollection", {
      ...this.#common(name, options),
      query: { cancelJobs: options.cancelJobs },
      // Where no answer came it may be gone already: a second try would say that it was never there.
      repeatable: false,
    });
  }

  #common(name: string, options: CallOptions) {
    return { path: { env: this.#environment, collection: name }, ...signalOf(options) };
  }
}
