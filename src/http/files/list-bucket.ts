import { setImmediate } from "node:timers/promises";
import { behindPrefix } from "../../files/file-name.ts";
import type { FileEntry, FileIndex } from "../../store/file-index.ts";
import { visibleFiles } from "./visible-files.ts";

/** Names and common prefixes of one page, as COS has it. */
const longestPage = 1000;

/** Names that are read behind a common prefix: the next one may be that of another. */
const shortRead = 16;

export interface BucketPage {
  files: FileEntry[];
  prefixes: string[];
  /** The last name or prefix, if there are more; else null. */
  end: string | null;
}

/**
 * A page of a bucket, as COS lists it. With a delimiter, names that have it behind the prefix are left out, and what they have in
 * common up to it stands once in `prefixes`.
 * @param wanted.marker the page begins behind it
 * @param wanted.most names and prefixes of the page
 */
export async function listBucket(
  index: Pick<FileIndex, "list">,
  environment: string,
  wanted: { prefix: string; delimiter: string; marker: string; most?: number },
): Promise<BucketPage> {
  const { prefix, delimiter, marker } = wanted;
  const most = Math.min(wanted.most ?? longestPage, longestPage);
  const files: FileEntry[] = [];
  const prefixes: string[] = [];
  if (most === 0) return { files, prefixes, end: null };
  let after = marker;
  let end = "";
  let limit = most + 1;
  for (;;) {
    const page = await visibleFiles(index, { environment, prefix, after, limit });
    let behind: string | null = null;
    for (const file of page) {
      if (behind !== null && file.name.startsWith(behind)) continue;
      behind = commonPrefix(file.name, prefix, delimiter);
      // A marker that is a common prefix was told with the page before.
      if (behind !== null && behind === marker) continue;
      if (files.length + prefixes.length === most) return { files, prefixes, end };
      if (behind === null) files.push(file);
      else prefixes.push(behind);
      end = behind ?? file.name;
    }
    const last = page.at(-1);
    if (!last || page.length < limit) return { files, prefixes, end: null };
    // All of one prefix is passed over by one look, however many they are.
    after = behind === null ? last.name : behindPrefix(behind);
    limit = behind === null ? Math.min(limit * 2, most + 1) : shortRead;
    await setImmediate();
  }
}

/** What the name has up to the first delimiter behind the prefix; null where there is none. */
function commonPrefix(name: string, prefix: string, delimiter: string): string | null {
  if (delimiter === "") return null;
  const at = name.indexOf(delimiter, prefix.length);
  return at < 0 ? null : name.slice(0, at + delimiter.length);
}
