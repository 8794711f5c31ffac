import { hiddenPrefix, behindPrefix } from "../../files/file-name.ts";
import type { FileEntry, FileIndex } from "../../store/file-index.ts";

/**
 * A list without what docferry keeps for jobs, unless the prefix begins with theirs.
 * @param options as those of `FileIndex.list`
 */
export async function visibleFiles(
  index: Pick<FileIndex, "list">,
  options: Parameters<FileIndex["list"]>[0],
): Promise<FileEntry[]> {
  const found = await index.list(options);
  if (options.prefix.startsWith(hiddenPrefix)) return found;
  const firstHidden = found.findIndex(({ name }) => name.startsWith(hiddenPrefix));
  if (firstHidden < 0) return found;
  // Hidden names stand together: what comes behind them is asked for by itself.
  const before = found.slice(0, firstHidden);
  const limit = options.limit - before.length;
  const after = behindPrefix(hiddenPrefix);
  return [...before, ...(await index.list({ ...options, after, limit }))];
}
