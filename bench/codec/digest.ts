import { ContentDigest } from "../../src/bson/digest.ts";
import type { Documents } from "../../src/bson/documents.ts";
import { directions, pagesOf } from "./directions.ts";

/** How often `digest` goes over the documents in one call: once would be too short to be measured. */
export const digestRepeats = 5;

/** The ways through the codec whose documents may be digested, each beside that work. */
export function digestCosts(
  documents: Documents,
): { direction: string; without: () => void; digest: () => void }[] {
  const pages = pagesOf(documents);
  const digest = (): void => {
    const found = new ContentDigest();
    for (let i = 0; i < digestRepeats; i++) for (const page of pages) found.add(page);
    if (found.count !== documents.count * digestRepeats) throw new Error("documents were left out");
  };
  return directions(documents).map(({ name, ours }) => ({
    direction: name,
    without: ours,
    digest,
  }));
}
