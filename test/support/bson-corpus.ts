import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A case of the BSON corpus that must be taken; see the corpus' own README for what the forms mean. */
export interface ValidCase {
  description: string;
  canonical_bson: string;
  canonical_extjson: string;
  relaxed_extjson?: string;
  degenerate_bson?: string;
  degenerate_extjson?: string;
  converted_bson?: string;
  converted_extjson?: string;
  lossy?: boolean;
}

export interface CorpusFile {
  /** The file's name less its ending. */
  name: string;
  description: string;
  bson_type: string;
  test_key?: string;
  deprecated?: boolean;
  valid?: ValidCase[];
  decodeErrors?: { description: string; bson: string }[];
  parseErrors?: { description: string; string: string }[];
}

const folder = fileURLToPath(new URL("../../../shared/corpora/bson/", import.meta.url));

/** Why tests of the corpus cannot run, or false: what node:test takes as `skip`. */
export const corpusMissing: string | false = existsSync(folder)
  ? false
  : `the BSON corpus is not at ${folder}`;

/** All files of the corpus, none where it is missing. */
export function bsonCorpus(): CorpusFile[] {
  if (corpusMissing) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => {
      const content = JSON.parse(readFileSync(folder + file, "utf8")) as CorpusFile;
      return Object.assign(content, { name: file.slice(0, -".json".length) });
    });
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
