import { readFileSync } from "node:fs";
import { UsageError } from "../command-errors.ts";

/** The names of `--fields` or `--fieldFile`; undefined where neither is given. */
export function fieldNames(options: {
  fields?: string | undefined;
  fieldFile?: string | undefined;
}): string[] | undefined {
  const { fields, fieldFile } = options;
  if (fields !== undefined && fieldFile !== undefined) {
    throw new UsageError("--fields and --fieldFile exclude each other");
  }
  if (fields !== undefined) return splitFieldList(fields);
  return fieldFile === undefined ? undefined : readFieldFile(fieldFile);
}

/** Splits at commas outside of brackets: `a,b.date(Jan 2, 2006)` are two names. A backslash protects a bracket. */
export function splitFieldList(text: string): string[] {
  const names = [""];
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === "," && depth === 0) {
      names.push("");
      continue;
    }
    if (character === "(") depth++;
    if (character === ")") depth = Math.max(0, depth - 1);
    names[names.length - 1] += character === "\\" ? character + text.charAt(++i) : character;
  }
  return names;
}

/** A name on each line. */
function readFieldFile(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`--fieldFile ${file} cannot be read: ${(error as Error).message}`);
  }
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  if (lines.length === 0) throw new UsageError(`--fieldFile ${file} is empty: it names no field`);
  return lines;
}
