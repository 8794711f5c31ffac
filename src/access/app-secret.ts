import { createHash, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { DocferryError } from "../job/errors.ts";

/**
 * Secrets are named by people too, so a fast hash would give weak ones away with the store. These cost about 12 ms and 4 MB
 * a check; whoever asks for a token is answered in that time once, and then from what `SecretChecks` remembers.
 */
const cost = { N: 4096, r: 8, p: 1 } as const satisfies ScryptOptions;

/** Checks secrets against their hashes. Remembers, in this process only, which one was right last. */
export class SecretChecks {
  readonly #random: (length: number) => Uint8Array;
  readonly #right = new Map<string, Buffer>();
  /** Checks that go on, by hash and secret: many callers with the same one wait for the same. */
  readonly #going = new Map<string, Promise<boolean>>();
  readonly #blind: Buffer;
  #running: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** How many of them came from each place. */
  readonly #waitingFrom = new Map<string, number>();

  constructor(random: (length: number) => Uint8Array) {
    this.#random = random;
    this.#blind = Buffer.from(random(32));
  }

  /** A new hash with a salt of its own: `scrypt$N$r$p$salt$hash`. */
  async hash(secret: string): Promise<string> {
    const secretHash = await hashSecret(secret, this.#random(16));
    this.#right.set(secretHash, this.#digest(secret));
    return secretHash;
  }

  /** Whether it is the secret that was right last, or made this hash. It costs next to nothing. */
  wasRight(secret: string, secretHash: string): boolean {
    const right = this.#right.get(secretHash);
    return right !== undefined && timingSafeEqual(right, this.#digest(secret));
  }

  /**
   * @param secretHash of `hash`
   * @param from where it comes from: no place may have more than a few checks wait
   * @throws {DocferryError} `busy` when too many checks wait: somebody tries secrets
   */
  async matches(secret: string, secretHash: string, from = ""): Promise<boolean> {
    if (this.wasRight(secret, secretHash)) return true;
    const digest = this.#digest(secret);
    const key = `${secretHash} ${digest.toString("hex")}`;
    let going = this.#going.get(key);
    if (!going) {
      going = this.#inTurn(from, () => matchesHash(secret, secretHash)).finally(() =>
        this.#going.delete(key),
      );
      this.#going.set(key, going);
    }
    if (!(await going)) return false;
    this.#right.set(secretHash, digest);
    return true;
  }

  /** The hash is no longer anyone's. */
  forget(secretHash: string): void {
    this.#right.delete(secretHash);
  }

  #digest(secret: string): Buffer {
    return createHash("sha256").update(this.#blind).update(secret).digest();
  }

  /** One at a time: stretching runs in the few threads that also read and write files. */
  async #inTurn(from: string, check: () => Promise<boolean>): Promise<boolean> {
    const mineBefore = this.#waitingFrom.get(from) ?? 0;
    if (this.#waiting >= 50 || mineBefore >= 20) {
      throw new DocferryError("busy", "Too many secrets wait to be checked");
    }
    this.#waiting++;
    this.#waitingFrom.set(from, mineBefore + 1);
    try {
      const mine = this.#running.then(check);
      this.#running = mine.catch(() => {});
      return await mine;
    } finally {
      this.#waiting--;
      const left = (this.#waitingFrom.get(from) ?? 0) - 1;
      if (left > 0) this.#waitingFrom.set(from, left);
      else this.#waitingFrom.delete(from);
    }
  }
}

/** `scrypt$N$r$p$salt$hash`, salt and hash as base64url, so that the cost can rise without losing old hashes. */
async function hashSecret(secret: string, salt: Uint8Array): Promise<string> {
  const hash = await stretch(secret, salt, cost);
  const { N, r, p } = cost;
  return ["scrypt", N, r, p, base64url(salt), base64url(hash)].join("$");
}

async function matchesHash(secret: string, secretHash: string): Promise<boolean> {
  const [name, N, r, p, salt, hash] = secretHash.split("$");
  if (name !== "scrypt" || !salt || !hash) throw new Error(`Unknown kind of secret hash: ${name}`);
  const expected = Buffer.from(hash, "base64url");
  const options = { N: Number(N), r: Number(r), p: Number(p) };
  const actual = await stretch(secret, Buffer.from(salt, "base64url"), options);
  return timingSafeEqual(expected, actual);
}

function stretch(secret: string, salt: Uint8Array, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, 32, options, (error, hash) => (error ? reject(error) : resolve(hash)));
  });
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
