import type { StoredObject } from "../files/object-store.ts";

// PORT. Which name of an environment's file store points to which object. A name is a key, never a path: `a` and `a/b` may
// both be names.

export interface FileEntry {
  environment: string;
  name: string;
  /** Object id. */
  object: string;
  /** Bytes. */
  size: number;
  /** Hex MD5. */
  md5: string;
  contentType: string;
  /** Unix ms. */
  modifiedAt: number;
}

/** What must hold of a name at the moment of its change. Contents are named by their hex MD5. */
export interface FileCondition {
  /** It has one of these contents; `any`: it is there; null: whatever it has. */
  is: readonly string[] | "any" | null;
  /** It has none of these contents; `any`: it is not there; null: whatever it has. */
  isNot: readonly string[] | "any" | null;
}

export const anyFile: FileCondition = Object.freeze({ is: null, isNot: null });

/** @param md5 of what the name has; undefined: it is not there */
export function meetsCondition({ is, isNot }: FileCondition, md5: string | undefined): boolean {
  if (is !== null && !names(is, md5)) return false;
  return isNot === null || !names(isNot, md5);
}

function names(contents: readonly string[] | "any", md5: string | undefined): boolean {
  return md5 !== undefined && (contents === "any" || contents.includes(md5));
}

/** What a limit leaves for one name. */
export interface StorageRoom {
  /** Whose limit it is: the same text for all that share it. */
  of: string;
  /** Bytes that its holder may store. */
  limit: number;
  /** Bytes that the name may have. */
  bytes: number;
}

export interface FileIndex {
  get(environment: string, name: string): Promise<FileEntry | undefined>;
  /**
   * Points the name to a finished object; the object it pointed to before becomes garbage unless a job pins it.
   * @param entry with `insteadOf`: names that begin so go in the same moment, and need not fit beside it
   * @throws {DocferryError} `precondition_failed`; `storage_limit` if its environment or account may not store as much
   */
  put(entry: {
    environment: string;
    name: string;
    object: StoredObject;
    contentType: string;
    now: number;
    condition?: FileCondition;
    insteadOf?: string;
  }): Promise<FileEntry>;
  /** Whether the name was there. @throws {DocferryError} `precondition_failed` */
  remove(environment: string, name: string, condition?: FileCondition): Promise<boolean>;
  /** Removes up to `limit` names of an environment, hidden ones too. How many it removed. */
  removeAll(environment: string, limit: number): Promise<number>;
  /** In order of name bytes, after `after`. */
  list(options: {
    environment: string;
    prefix: string;
    after: string | null;
    limit: number;
  }): Promise<FileEntry[]>;
  /** What the limits leave for a name at the moment: none where nothing limits it. `put` decides. */
  rooms(environment: string, name: string): Promise<StorageRoom[]>;
  /** Of these object ids, those that neither a name nor an unended job nor a part of one needs. */
  unreferenced(objects: string[]): Promise<string[]>;
}
