import { DocferryError } from "../job/errors.ts";
import { plainAddress } from "./address-list.ts";
import type { SecretChecks } from "./app-secret.ts";
import type { UsageLimits } from "./usage-limits.ts";

export interface LogIn {
  kind: "app" | "platform";
  id: string;
  secret: string;
  /** Of the account. */
  secretHash: string;
  /** Address of the client; undefined: this process itself. */
  client: string | undefined;
}

/** Wrong secrets that one address may show in a minute, whatever account they are for. */
const failuresOfAddress = 10;
/** After so many wrong ones for an account in a minute, an address has one try for it. */
const failuresOfAccount = 60;
/** Addresses and accounts that are remembered, each. */
const remembered = 10_000;

const minuteMs = 60_000;

/**
 * Lets accounts log in with their secrets, and slows down who tries wrong ones. Nobody is locked out by others: a secret that was
 * right before is known at once and meets no limit, an address answers for its own failures only, and where an account is tried
 * from everywhere, an address that has not failed still has its try.
 */
export class LogIns {
  readonly #secrets: SecretChecks;
  readonly #limits: UsageLimits;
  readonly #clock: () => number;
  readonly #failures = new Map<string, number>();
  #minute = 0;

  constructor(secrets: SecretChecks, limits: UsageLimits, clock: () => number) {
    this.#secrets = secrets;
    this.#limits = limits;
    this.#clock = clock;
  }

  /**
   * Returns if the secret is right.
   * @throws {DocferryError} `address_not_allowed`, `component_address_not_allowed`, `too_many_attempts`, `wrong_secret`, `busy`
   */
  async check(logIn: LogIn): Promise<void> {
    const { id, secret, secretHash } = logIn;
    const client = logIn.client === undefined ? null : plainAddress(logIn.client);
    if (client !== null) this.requireAddress(logIn.kind, id, client);
    if (this.#secrets.wasRight(secret, secretHash)) return;
    const place = client === null ? "" : networkOf(client);
    this.#requireFew(id, place);
    if (await this.#secrets.matches(secret, secretHash, place)) return;
    this.#noteFailure(id, place);
    throw new DocferryError("wrong_secret", `That is not the secret of ${logIn.kind} ${id}`);
  }

  /** Whether the account may log in from there. @throws {DocferryError} `address_not_allowed` and its kin for platforms */
  requireAddress(kind: LogIn["kind"], id: string, client: string): void {
    if (this.#limits.mayLogIn(id, client)) return;
    const address = plainAddress(client);
    throw kind === "app"
      ? new DocferryError("address_not_allowed", `Invalid ip ${address}, not in whitelist`)
      : new DocferryError(
          "component_address_not_allowed",
          `Address ${address} is not in the list of platform ${id}`,
        );
  }

  #requireFew(id: string, place: string): void {
    const now = this.#clock();
    const minute = Math.floor(now / minuteMs);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#failures.clear();
    }
    const of = (key: string) => this.#failures.get(key) ?? 0;
    const tooMany =
      of(`place ${place}`) >= failuresOfAddress ||
      (of(`account ${id}`) >= failuresOfAccount && of(`place ${place} account ${id}`) > 0);
    if (!tooMany) return;
    throw new DocferryError("too_many_attempts", "Too many wrong secrets came from this address", {
      retryAfter: Math.ceil(((minute + 1) * minuteMs - now) / 1000),
    });
  }

  #noteFailure(id: string, place: string): void {
    for (const key of [`place ${place}`, `account ${id}`, `place ${place} account ${id}`]) {
      const failures = (this.#failures.get(key) ?? 0) + 1;
      // The one that failed last stands last: who goes on is forgotten last.
      this.#failures.delete(key);
      this.#failures.set(key, failures);
    }
    for (const key of this.#failures.keys()) {
      if (this.#failures.size <= 3 * remembered) return;
      this.#failures.delete(key);
    }
  }
}

/** An IPv6 client has a whole network of addresses: its first 64 bits. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const behind = tail === "" ? [] : tail.split(":");
    while (groups.length + behind.length < 8) groups.push("0");
    groups.push(...behind);
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
