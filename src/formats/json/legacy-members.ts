import type { JsonOutput } from "./encode-output.ts";
import { timeWithSeconds } from "./legacy-calls.ts";

/**
 * The members of an object while it is translated, to find the old forms of Extended JSON that v2 has otherwise:
 * `{"$regex","$options"}`, `{"$type","$binary"}`, `{"$scope","$code"}`, `{"$date":5}`, `{"$date":"…T03:04Z"}` and
 * `$undefined` with any value.
 */
export class LegacyMembers {
  readonly #start: number;
  readonly #keys: string[] = [];
  readonly #ranges: [from: number, to: number][] = [];
  #count = 0;

  /** @param start where the object begins in the output */
  constructor(start: number) {
    this.#start = start;
  }

  add(key: string, from: number, to: number): void {
    // No form has more members than two.
    if (this.#count++ >= 2) return;
    this.#keys.push(key);
    this.#ranges.push([from, to]);
  }

  /** Puts the v2 form in the place of an old one that has just been written. */
  rewrite(output: JsonOutput): void {
    if (this.#count === 0 || this.#count > 2 || !this.#keys[0]!.startsWith("$")) return;
    const texts = this.#ranges.map(([from, to]) =>
      Buffer.from(output.bytes.subarray(from, to)).toString("utf8"),
    );
    const form = this.#form(new Map(this.#keys.map((key, index) => [key, texts[index] ?? ""])));
    if (form === null) return;
    const bytes = Buffer.from(form, "utf8");
    output.length = this.#start;
    output.reserve(bytes.length);
    output.literal(bytes);
  }

  #form(members: ReadonlyMap<string, string>): string | null {
    const date = members.get("$date");
    if (date !== undefined && members.size === 1) {
      if (date.startsWith('"')) return `{"$date":${timeWithSeconds(date)}}`;
      return /^-?\d+(?:\.\d+)?$/.test(date)
        ? `{"$date":{"$numberLong":"${date.replace(/\..*/, "")}"}}`
        : null;
    }
    if (members.has("$undefined") && members.size === 1) return '{"$undefined":true}';
    const regex = members.get("$regex");
    const options = members.get("$options");
    if (regex?.startsWith('"') && options?.startsWith('"')) {
      return `{"$regularExpression":{"pattern":${regex},"options":${options}}}`;
    }
    const binary = members.get("$binary");
    const type = members.get("$type");
    if (binary !== undefined && type !== undefined) return `{"$binary":${binary},"$type":${type}}`;
    const code = members.get("$code");
    const scope = members.get("$scope");
    if (code !== undefined && scope !== undefined) return `{"$code":${code},"$scope":${scope}}`;
    return null;
  }
}
