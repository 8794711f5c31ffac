import { DocferryError } from "../job/errors.ts";
import type { EngineContext } from "./context.ts";
import { whenNone } from "./unended-jobs.ts";

/** Jobs that one transaction looks at; those that are told in an error. */
const page = 100;
const toldJobs = 3;

type Part = Pick<EngineContext, "store" | "databases" | "clock">;

/**
 * Drops of collections. While one is under way no job on that collection is taken: an import that was would lose what it had
 * written, and count it all the same.
 */
export class CollectionDrops {
  readonly #context: Part;
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(context: Part) {
    this.#context = context;
  }

  /** The end of a drop that is under way; to be asked at the moment of a submit, with nothing awaited in between. */
  underWay(environment: string, collection: string): Promise<void> | undefined {
    return this.#underWay.get(keyOf(environment, collection));
  }

  /**
   * @param options.cancelJobs ask jobs on the collection to end, and wait for them; false: refuse while there are any
   * @throws {DocferryError} `collection_not_found`; `collection_in_use` while jobs on it have not ended; `busy` if they do not
   *   stop in time
   */
  async drop(
    environment: string,
    collection: string,
    options: { cancelJobs: boolean },
  ): Promise<void> {
    const key = keyOf(environment, collection);
    for (let earlier = this.#underWay.get(key); earlier; earlier = this.#underWay.get(key)) {
      await earlier;
    }
    const dropped = this.#drop(environment, collection, options);
    const ended = dropped
      .catch(() => undefined)
      .finally(() => {
        this.#underWay.delete(key);
      });
    this.#underWay.set(key, ended);
    await dropped;
  }

  async #drop(
    environment: string,
    collection: string,
    { cancelJobs }: { cancelJobs: boolean },
  ): Promise<void> {
    const { store, databases, clock } = this.#context;
    const database = await databases.open(environment);
    const { jobs } = store;
    const unended = (after: number) =>
      jobs.unendedOn({ environment, collection, after, limit: page });
    // Behind every earlier submit in the store's one order; later ones wait for this drop.
    let ids = await unended(0);
    if (ids.length > 0 && !cancelJobs) throw inUse(collection, ids);
    while (ids.length > 0) {
      for (const id of ids) await jobs.cancel(id, clock());
      ids = await unended(ids.at(-1) ?? 0);
    }
    await whenNone(async () => (await unended(0)).length, jobs, `on collection ${collection}`);
    await database.dropCollection(collection);
  }
}

function inUse(collection: string, ids: number[]): DocferryError {
  const told = ids.slice(0, toldJobs).join(", ");
  const more = ids.length > toldJobs ? " and more" : "";
  return new DocferryError(
    "collection_in_use",
    `Collection ${collection} has jobs that have not ended: ${told}${more}`,
  );
}

function keyOf(environment: string, collection: string): string {
  return JSON.stringify([environment, collection]);
}
