import { DocferryError } from "../job/errors.ts";
import type { DiskRoom } from "./disk-room.ts";
import type { ObjectStore, ObjectWriter, Piece, StoredObject } from "./object-store.ts";

/**
 * An object store that begins nothing, and takes no more of what has begun, while the disk is full: the room that was freed to
 * write down what is wrong is not for files.
 */
export class WithRoom implements ObjectStore {
  readonly #store: ObjectStore;
  readonly #room: DiskRoom;

  constructor(store: ObjectStore, room: DiskRoom) {
    this.#store = store;
    this.#room = room;
  }

  async create(id: string): Promise<ObjectWriter> {
    requireRoom(this.#room);
    return new WriterWithRoom(await this.#store.create(id), this.#room);
  }

  async createPiece(id: string): Promise<ObjectWriter<Piece>> {
    requireRoom(this.#room);
    return new WriterWithRoom(await this.#store.createPiece(id), this.#room);
  }

  size(id: string): Promise<number> {
    return this.#store.size(id);
  }

  read(...parts: Parameters<ObjectStore["read"]>): AsyncIterable<Uint8Array> {
    return this.#store.read(...parts);
  }

  async join(...parts: Parameters<ObjectStore["join"]>): Promise<StoredObject> {
    requireRoom(this.#room);
    return this.#store.join(...parts);
  }

  remove(id: string): Promise<void> {
    return this.#store.remove(id);
  }

  list(options: { before: Date }): AsyncIterable<string> {
    return this.#store.list(options);
  }
}

class WriterWithRoom<Finished extends Piece> implements ObjectWriter<Finished> {
  readonly #writer: ObjectWriter<Finished>;
  readonly #room: DiskRoom;

  constructor(writer: ObjectWriter<Finished>, room: DiskRoom) {
    this.#writer = writer;
    this.#room = room;
  }

  get id(): string {
    return this.#writer.id;
  }

  get size(): number {
    return this.#writer.size;
  }

  async write(bytes: Uint8Array): Promise<void> {
    requireRoom(this.#room);
    await this.#writer.write(bytes);
  }

  finish(): Promise<Finished> {
    return this.#writer.finish();
  }

  abort(): Promise<void> {
    return this.#writer.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#writer.abort();
  }
}

function requireRoom(room: DiskRoom): void {
  if (room.full) throw new DocferryError("disk_full", "The disk is full");
}
