import { ContentDigest } from "../../bson/digest.ts";
import { composeThread, serviceThreadData } from "../../compose.ts";
import { dataPaths } from "../../data-folder.ts";
import { createDecoder } from "../../formats/formats.ts";
import { DocferryError } from "../../job/errors.ts";
import { planFromParts } from "../../query/parts.ts";

/** The content digest of a file of JSON Lines, read as it comes. */
export async function digestOfFile(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const digest = new ContentDigest();
  const decoder = createDecoder(
    { format: "json", layout: "sequence", fieldNames: "any", derivedId: null },
    { offset: 0, line: 1 },
  );
  const add = (piece: Uint8Array, isLast: boolean) => {
    const batch = decoder.push(piece, isLast);
    if (batch.rejects[0]) throw new DocferryError("internal", batch.rejects[0].message);
    digest.add(batch);
  };
  for await (const piece of pieces) add(piece, false);
  add(new Uint8Array(0), true);
  return digest.toString();
}

/** That of a collection, read from the environment's database itself, not through the service. */
export async function digestOfCollection(
  dataFolder: string,
  environment: string,
  collection: string,
): Promise<string> {
  const { databases } = await composeThread(serviceThreadData(dataPaths(dataFolder)));
  await using source = await databases.openSource(environment);
  const digest = new ContentDigest();
  const query = planFromParts({ collection });
  const { signal } = new AbortController();
  for await (const page of source.read(query, { from: null, to: null }, { after: null, signal })) {
    digest.add(page);
  }
  return digest.toString();
}
