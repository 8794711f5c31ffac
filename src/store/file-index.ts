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

export interface FileIndex {
  get(environment: string, name: string): Promise<FileEntry | undefined>;
  /** Points the name to a finished object; the object it pointed to before becomes garbage unless a job pins it. */
  put(entry: {
    environment: string;
    name: string;
    object: StoredObject;
    contentType: string;
    now: number;
  }): Promise<FileEntry>;
  /** Whether the name was there. */
  remove(environment: string, name: string): Promise<boolean>;
  /** In order of name bytes, after `after`. */
  list(options: {
    environment: string;
    prefix: string;
    after: string | null;
    limit: number;
  }): Promise<FileEntry[]>;
  /** Of these object ids, those that neither a name nor an unended job nor a part needs. */
  unreferenced(objects: string[]): Promise<string[]>;
}
