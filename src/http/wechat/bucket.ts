import { Type } from "typebox";
import type { FileIndex } from "../../store/file-index.ts";
import { listBucket } from "../files/list-bucket.ts";
import { environmentCall } from "./environment-call.ts";
import type { WireGuard } from "./guard.ts";
import type { WireRoute } from "./route.ts";

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
