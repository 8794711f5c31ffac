import { setImmediate } from "node:timers/promises";
import { Type } from "typebox";
import { behindPrefix } from "../../files/file-name.ts";
import type { FileEntry, FileIndex } from "../../store/file-index.ts";
import { visibleFiles } from "../files/visible-files.ts";
import { environmentCall } from "./environment-call.ts";
import type { WireGuard } from "./guard.ts";
import type { WireRoute } from "./route.ts";

/** Names and common prefixes of one answer, as COS has it. */
const longestPage = 1000;

/** Names that are read behind a common prefix: the next one may be that of another. */
const shortRead = 16;

/**
 * `POST /componenttcb/getbucket`: files by name, as COS lists them. With a delimiter, names that have it behind the prefix are
 * left out, and what they have in common up to it stands once in `common_prefixes`. `next_marker` is where the next page
 * begins; without a delimiter that is the last key, which is all that clients of the vendor's have.
 */
export function getBucket(
  guard: WireGuard,
  { index }: { index: Pick<FileIndex, "list"> },
): WireRoute {
  const text = Type.Optional(Type.String({ default: "" }));
  return environmentCall(guard, {
    fields: { prefix: text, delimiter: text, marker: text },
    read: ({ prefix = "", delimiter = "", marker = "" }) => ({ prefix, delimiter, marker }),
    async answer(wanted, { environment }) {
      const { files, prefixes, end } = await listBucket(index, environment, wanted);
      return {
        contents: files.map(({ name, modifiedAt, md5, size }) => ({
          key: name,
          last_modified: new Date(modifiedAt).toISOString(),
          md5,
          size: String(size),
        })),
        is_truncated: end !== null,
        ...(end !== null && { next_marker: end }),
        ...(wanted.delimiter !== "" && { common_prefixes: prefixes }),
      };
    },
  });
}

interface BucketPage {
  files: FileEntry[];
  prefixes: string[];
  /** The last name or prefix, if there are more; else null. */
  end: string | null;
}

async function listBucket(
  index: Pick<FileIndex, "list">,
  environment: string,
  { prefix, delimiter, marker }: { prefix: string; delimiter: string; marker: string },
): Promise<BucketPage> {
  const files: FileEntry[] = [];
  const prefixes: string[] = [];
  let after = marker;
  let end = "";
  let limit = longestPage + 1;
  for (;;) {
    const page = await visibleFiles(index, { environment, prefix, after, limit });
    let behind: string | null = null;
    for (const file of page) {
      if (behind !== null && file.name.startsWith(behind)) continue;
      behind = commonPrefix(file.name, prefix, delimiter);
      // A marker that is a common prefix was told with the page before.
      if (behind !== null && behind === marker) continue;
      if (files.length + prefixes.length === longestPage) return { files, prefixes, end };
      if (behind === null) files.push(file);
      else prefixes.push(behind);
      end = behind ?? file.name;
    }
    const last = page.at(-1);
    if (!last || page.length < limit) return { files, prefixes, end: null };
    // All of one prefix is passed over by one look, however many they are.
    after = behind === null ? last.name : behindPrefix(behind);
    limit = behind === null ? Math.min(limit * 2, longestPage + 1) : shortRead;
    await setImmediate();
  }
}

/** What the name has up to the first delimiter behind the prefix; null where there is none. */
function commonPrefix(name: string, prefix: string, delimiter: string): string | null {
  if (delimiter === "") return null;
  const at = name.indexOf(delimiter, prefix.length);
  return at < 0 ? null : name.slice(0, at + delimiter.length);
}
