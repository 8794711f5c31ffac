import { DocferryError } from "../../job/errors.ts";
import type { FileIndex, StorageRoom } from "../../store/file-index.ts";

/** Bytes of uploads under one limit. */
interface Ledger {
  /** Of those that are under way. */
  staged: number;
  /** Of those that got their names since the service started. */
  landed: number;
}

/**
 * Keeps room for uploads while their bytes come, so that many at once cannot stage more than may be stored. Whether a file gets
 * its name is decided in the transaction that gives it; this only spares the disk what would be refused there.
 */
export class UploadRoom {
  readonly #index: Pick<FileIndex, "rooms">;
  /** By whose limit it is. */
  readonly #ledgers = new Map<string, Ledger>();

  constructor(index: Pick<FileIndex, "rooms">) {
    this.#index = index;
  }

  async begin(environment: string, name: string): Promise<Reservation> {
    const rooms = await this.#index.rooms(environment, name);
    return new Reservation(rooms.map((room) => ({ room, ledger: this.#open(room) })));
  }

  #open({ of }: StorageRoom): Ledger {
    let ledger = this.#ledgers.get(of);
    if (!ledger) this.#ledgers.set(of, (ledger = { staged: 0, landed: 0 }));
    return ledger;
  }
}

/** One upload's. Disposed when it has its name, or has failed. */
export class Reservation implements Disposable {
  readonly #held: readonly { room: StorageRoom; ledger: Ledger; landedBefore: number }[];
  #bytes = 0;

  constructor(held: readonly { room: StorageRoom; ledger: Ledger }[]) {
    this.#held = held.map(({ room, ledger }) => ({ room, ledger, landedBefore: ledger.landed }));
  }

  /** Takes room for bytes that come. @throws {DocferryError} `storage_limit` */
  take(bytes: number): void {
    this.require(bytes);
    this.#bytes += bytes;
    for (const { ledger } of this.#held) ledger.staged += bytes;
  }

  /** Whether there is room for so many more. @throws {DocferryError} `storage_limit` */
  require(bytes: number): void {
    for (const { room, ledger, landedBefore } of this.#held) {
      const others = ledger.staged - this.#bytes + ledger.landed - landedBefore;
      if (others + this.#bytes + bytes <= room.bytes) continue;
      throw new DocferryError("storage_limit", `${room.of} may store ${room.limit} bytes`);
    }
  }

  /** The file has its name. */
  land(): void {
    for (const { ledger } of this.#held) ledger.landed += this.#bytes;
  }

  [Symbol.dispose](): void {
    for (const { ledger } of this.#held) ledger.staged -= this.#bytes;
    this.#bytes = 0;
  }
}
