import { once } from "node:events";
import { createWriteStream } from "node:fs";

/** Which `_id` the records of a file have. */
export type IdOrder = "none" | "ascending" | "random";

/** A record of about 250 bytes as a JSON line. */
export function recordLine(n: number, order: IdOrder): string {
  return `{${idMember(n, order)}"name":"person number ${n}","email":"person.${n}@example.com","age":${n % 90},"score":${(n * 7919) % 10007}.25,"city":"Springfield","street":"${n % 977} Evergreen Terrace","active":${n % 2 === 0},"tags":["alpha","beta","gamma"],"visits":${n},"note":"abcdefghij"}\n`;
}

/** Writes JSON Lines until there are so many, or so many bytes of them; how many it was. */
export async function writeRecords(
  path: string,
  { records = Infinity, bytes = Infinity, order = "none" as IdOrder },
): Promise<number> {
  const out = createWriteStream(path);
  let count = 0;
  let size = 0;
  while (count < records && size < bytes) {
    let text = "";
    for (let i = 0; i < 1000 && count < records; i++) text += recordLine(count++, order);
    size += text.length;
    if (!out.write(text, "latin1")) await once(out, "drain");
  }
  out.end();
  await once(out, "close");
  return count;
}

function idMember(n: number, order: IdOrder): string {
  if (order === "none") return "";
  const id =
    order === "ascending"
      ? `6560a1b2${n.toString(16).padStart(16, "0")}`
      : `${hash(n)}${hash(n + 0x9e3779b9)}${hash(~n)}`;
  return `"_id":{"$oid":"${id}"},`;
}

/** 8 hex digits that look like chance and are the same in every run (the finisher of MurmurHash3). */
function hash(value: number): string {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0).toString(16).padStart(8, "0");
}
