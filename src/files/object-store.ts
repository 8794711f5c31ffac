// PORT. Immutable bytes under opaque ids. Names are not its business: they stand in the file index. What it promises is
// written as the suite test/contract/object-store.ts. Shaped so that an S3 bucket can do the same: no rename, no append,
// no folder, ids flat and made by `newObjectId()`.

export interface StoredObject {
  id: string;
  /** Bytes. */
  size: number;
  /** Hex MD5 of the bytes: the ETag that COS and S3 clients compare. */
  md5: string;
}

/** An object whose bytes have not been hashed. */
export type Piece = Omit<StoredObject, "md5">;

/** An object in the making. Until `finish` returns, no reader can see it; if it never does, the sweeper removes it. */
export interface ObjectWriter<Finished extends Piece = StoredObject> extends AsyncDisposable {
  readonly id: string;
  /** Bytes taken so far. */
  readonly size: number;
  /** Resolves when the bytes are taken and more may come (back-pressure). `bytes` is free for reuse afterwards. */
  write(bytes: Uint8Array): Promise<void>;
  /** Syncs, then publishes under the id. All of it is on the disk when this returns, power loss included. */
  finish(): Promise<Finished>;
  /** Gives it up; disposing an unfinished writer does the same. */
  abort(): Promise<void>;
}

export interface ObjectStore {
  /** A new object under an id that nothing has yet. @throws {DocferryError} `conflict` if something has it */
  create(id: string): Promise<ObjectWriter>;
  /** The same for what is joined before anybody asks for its MD5, which costs more than writing does. */
  createPiece(id: string): Promise<ObjectWriter<Piece>>;
  /**
   * Bytes of a finished object. Its MD5 stands where its name stands: an index keeps what `finish` returned.
   * @throws {DocferryError} `object_not_found`
   */
  size(id: string): Promise<number>;
  /**
   * Bytes `from` … `to` (exclusive) in pieces of at most 1 MiB; each piece owns its memory, which the reader may move or free. Aborting rejects the next piece
   * with the signal's reason. An object that is removed after the first piece came may still be read to its end.
   * @throws {DocferryError} `object_not_found`; `internal` if the object ends before `to`
   */
  read(
    id: string,
    range: { from: number; to: number },
    options: { signal: AbortSignal },
  ): AsyncIterable<Uint8Array>;
  /**
   * One new object of pieces one after another: literal bytes, or whole objects, which an implementation may join on its
   * own side without moving them through this process. All or nothing: what fails or is aborted leaves no object.
   * `onBytes` gets the bytes that came since its last call.
   * @throws {DocferryError} `object_not_found`
   */
  join(
    id: string,
    pieces: readonly (Uint8Array | { object: string })[],
    options: { signal: AbortSignal; onBytes: (bytes: number) => void },
  ): Promise<StoredObject>;
  /** Removes an object, or what an unfinished writer has written. Removing what is not there is no error. */
  remove(id: string): Promise<void>;
  /** Ids of finished objects and unfinished writers last touched before `before`, for the sweeper. */
  list(options: { before: Date }): AsyncIterable<string>;
}
