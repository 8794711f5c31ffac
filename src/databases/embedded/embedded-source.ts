import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Reject } from "../../job/reject.ts";
import { compileMatcher } from "../../query/match.ts";
import { compileProjection } from "../../query/project.ts";
import { compileSortKey } from "../../query/sort-key.ts";
import type { QueryPlan } from "../../query/plan.ts";
import type { AccessRule, CollectionInfo, DocumentPage, KeyRange, Source } from "../database.ts";
import { accessRule } from "./access-rule.ts";
import { collectionInfos } from "./collection-infos.ts";
import { CollectionRows } from "./collection-rows.ts";
import { keyRanges } from "./key-ranges.ts";
import { planScan } from "./plan-scan.ts";
import { ReadConnection } from "./read-connection.ts";
import { type RejectPlace, beforeRejects, firstReject, rejectPage } from "./reject-pages.ts";
import { Selection } from "./selection.ts";

/** A document of no elements: a filter that takes all. */
const emptyDocument = 5;

/**
 * Reads an environment's file from the caller's thread. It holds no lock and no snapshot between pages, and gives the
 * thread's other events their turn between them.
 */
export class EmbeddedSource implements Source {
  readonly #connection: ReadConnection;
  readonly #folder: string;

  /** @param file `<environment>.sqlite`; sorts put files beside it */
  constructor(file: string) {
    this.#folder = dirname(file);
    this.#connection = new ReadConnection(file);
  }

  async collections(): Promise<CollectionInfo[]> {
    return collectionInfos(this.#connection);
  }

  async accessRule(name: string): Promise<AccessRule | null> {
    return accessRule(this.#connection, name);
  }

  checkQuery({ filter, projection, sort }: QueryPlan): void {
    compileMatcher(filter);
    if (projection) compileProjection(projection);
    compileSortKey(sort);
  }

  async ranges(query: QueryPlan, atMost: number): Promise<KeyRange[]> {
    return keyRanges(new CollectionRows(this.#connection, query.collection), query, atMost);
  }

  async *read(
    query: QueryPlan,
    range: KeyRange,
    { after, signal }: { after: string | null; signal: AbortSignal },
  ): AsyncGenerator<DocumentPage> {
    signal.throwIfAborted();
    const rows = new CollectionRows(this.#connection, query.collection);
    const matches = query.filter.length > emptyDocument ? compileMatcher(query.filter) : null;
    const project = query.projection && compileProjection(query.projection);
    const options = { after, matches, project, folder: this.#folder };
    const { scan, selects } = planScan(rows, query, range, options);
    const selection = new Selection({
      matches: selects ? null : matches,
      project: selects ? null : project,
      skip: after === null ? query.skip : 0,
      limit: query.limit,
    });
    try {
      while (!selection.done) {
        const page = scan.next();
        if (!page) return;
        yield selection.page(page);
        await setImmediate();
        signal.throwIfAborted();
      }
    } finally {
      scan.close();
    }
  }

  async *rejects(jobKey: string, { signal }: { signal: AbortSignal }): AsyncGenerator<Reject[]> {
    let after: RejectPlace = beforeRejects;
    for (;;) {
      signal.throwIfAborted();
      const db = this.#connection.current();
      const page = db && rejectPage(db, jobKey, after);
      if (!page) return;
      yield page.rejects;
      after = page.end;
      await setImmediate();
    }
  }

  async firstReject(jobKey: string): Promise<Reject | undefined> {
    const db = this.#connection.current();
    return db && firstReject(db, jobKey);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.close();
  }
}
