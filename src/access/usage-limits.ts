import { DocferryError } from "../job/errors.ts";
import {
  type LimitHolder,
  type LimitRecord,
  type Limits,
  type LimitStore,
  noLimits,
} from "../store/limit-store.ts";
import { AddressList } from "./address-list.ts";
import { chinaDay, nextChinaDay } from "./china-day.ts";

export interface UsageLimitsOptions {
  store: LimitStore;
  /** Unix ms. */
  clock: () => number;
}

interface Held {
  limits: Limits;
  addresses: AddressList;
  minute: number;
  inMinute: number;
  day: number;
  inDay: number;
  /** The day's count is not in the store as it is. */
  changed: boolean;
}

/** The day's counts are written this long after they change: a SIGKILL forgets so much of them. */
const keepEveryMs = 5_000;

const minuteMs = 60_000;

/**
 * What accounts and environments may ask for, and where accounts may log in from. Off unless set, and then one look-up in memory
 * for each of the two. Minutes are those of the clock, as the vendor has it, and begin anew after a restart; days are China's and
 * are kept.
 */
export class UsageLimits implements AsyncDisposable {
  readonly #store: LimitStore;
  readonly #clock: () => number;
  /** Only those that have limits or addresses. */
  readonly #held = { account: new Map<string, Held>(), environment: new Map<string, Held>() };
  #timer: NodeJS.Timeout | null = null;
  #keeping: Promise<void> = Promise.resolve();

  private constructor({ store, clock }: UsageLimitsOptions) {
    this.#store = store;
    this.#clock = clock;
  }

  static async open(options: UsageLimitsOptions): Promise<UsageLimits> {
    const opened = new UsageLimits(options);
    for (const record of await options.store.all()) opened.#hold(record);
    for (const { kind, id, day, requests } of await options.store.counts()) {
      const held = opened.#held[kind].get(id);
      if (held) Object.assign(held, { day, inDay: requests });
    }
    return opened;
  }

  /**
   * Counts a request, unless it is refused.
   * @throws {DocferryError} `minute_limit`, `day_limit`
   */
  admit(kind: LimitHolder["kind"], id: string): void {
    const map = this.#held[kind];
    if (map.size === 0) return;
    const held = map.get(id);
    if (held) this.#count(held, { kind, id }, this.#clock());
  }

  /** Whether an account may log in from there. */
  mayLogIn(account: string, client: string): boolean {
    return this.#held.account.get(account)?.addresses.admits(client) ?? true;
  }

  get(kind: LimitHolder["kind"], id: string): Pick<LimitRecord, "limits" | "addresses"> {
    const held = this.#held[kind].get(id);
    return { limits: held?.limits ?? noLimits, addresses: held?.addresses.entries ?? [] };
  }

  /** Requests of this day; null where nothing counts them. */
  requestsToday(kind: LimitHolder["kind"], id: string): number | null {
    const held = this.#held[kind].get(id);
    if (!held || held.limits.requestsPerDay === null) return null;
    return held.day === chinaDay(this.#clock()) ? held.inDay : 0;
  }

  /** On the disk and in force when this returns. @throws {DocferryError} `invalid_argument` for what is no address */
  async set(record: LimitRecord): Promise<void> {
    // Refuses what is none before anything is kept.
    const { entries } = new AddressList(record.addresses);
    await this.#store.set({ ...record, addresses: entries });
    this.#hold(record);
  }

  /** The holder is gone; the store knows already. */
  forget({ kind, id }: LimitHolder): void {
    this.#held[kind].delete(id);
  }

  /** Writes the day's counts. */
  keep(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#keeping = this.#keeping.then(() => this.#keepChanged());
    return this.#keeping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.keep();
  }

  #hold({ kind, id, limits, addresses }: LimitRecord): void {
    if (addresses.length === 0 && Object.values(limits).every((limit) => limit === null)) {
      this.#held[kind].delete(id);
      return;
    }
    // What has been used up stays used up under another limit.
    const before = this.#held[kind].get(id);
    const counts = before ?? { minute: 0, inMinute: 0, day: 0, inDay: 0, changed: false };
    this.#held[kind].set(id, { ...counts, limits, addresses: new AddressList(addresses) });
  }

  #count(held: Held, holder: LimitHolder, now: number): void {
    const { requestsPerMinute, requestsPerDay } = held.limits;
    const minute = Math.floor(now / minuteMs);
    const day = chinaDay(now);
    // A clock that steps back opens no new window.
    if (minute > held.minute) Object.assign(held, { minute, inMinute: 0 });
    if (day > held.day) Object.assign(held, { day, inDay: 0 });
    if (requestsPerMinute !== null && held.inMinute >= requestsPerMinute) {
      const retryAfter = Math.ceil(((held.minute + 1) * minuteMs - now) / 1000);
      throw new DocferryError(
        "minute_limit",
        `${nameOf(holder)} may make ${requestsPerMinute} requests a minute`,
        { retryAfter },
      );
    }
    if (requestsPerDay !== null && held.inDay >= requestsPerDay) {
      const next = nextChinaDay(now);
      throw new DocferryError(
        "day_limit",
        `${nameOf(holder)} may make ${requestsPerDay} requests a day, and the next one begins at ${new Date(next).toISOString()}`,
        { retryAfter: Math.ceil((next - now) / 1000) },
      );
    }
    held.inMinute++;
    if (requestsPerDay === null) return;
    held.inDay++;
    held.changed = true;
    this.#timer ??= setTimeout(() => void this.keep(), keepEveryMs).unref();
  }

  async #keepChanged(): Promise<void> {
    const changed = (["account", "environment"] as const).flatMap((kind) =>
      [...this.#held[kind]]
        .filter(([, held]) => held.changed)
        .map(([id, held]) => ({ kind, id, held })),
    );
    if (changed.length === 0) return;
    for (const { held } of changed) held.changed = false;
    try {
      await this.#store.keepCounts(
        changed.map(({ kind, id, held }) => ({ kind, id, day: held.day, requests: held.inDay })),
      );
    } catch {
      // The next request that is counted has them written again.
      for (const { held } of changed) held.changed = true;
    }
  }
}

function nameOf({ kind, id }: LimitHolder): string {
  return kind === "environment" ? `Environment ${id}` : `Account ${id}`;
}
