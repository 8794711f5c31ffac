import type { Documents } from "../../bson/documents.ts";
import { bsonType } from "../../bson/types.ts";
import type { Encoder, JsonEncodeSpec } from "../codec.ts";
import { JsonOutput } from "./encode-output.ts";
import { writePretty } from "./encode-pretty.ts";
import { stableDocument } from "./encode-stable.ts";
import { writeValue } from "./encode-value.ts";

/**
 * Documents to JSON, byte for byte as mongoexport 100 writes it in the forms `relaxed` and `canonical`. `lossless` is relaxed,
 * but an Int64 that would read back as Int32 is `{"$numberLong":"5"}`; it and `canonical` bring every value back but those
 * that `retyped` counts, for which Extended JSON has no text: documents that look like a wrapper (`{"$oid":"x"}`), NaN and
 * Decimal128 with payload, text that is not UTF-8, regular expression options out of order. A document that has a name twice is
 * written with both, as mongoexport does; reading refuses it whole, as `duplicate_key`, so it does not count as retyped.
 *
 * Lines: each document's text ends with a line break. Array: `[…,…]` and a line break. Pretty: documents on many lines,
 * indented with tabs, with a line break between them and at the end.
 */
export function createJsonEncoder(spec: JsonEncodeSpec): Encoder {
  return new JsonEncoder(spec);
}

class JsonEncoder implements Encoder {
  readonly head: Uint8Array;
  readonly between: Uint8Array;
  readonly tail: Uint8Array;
  readonly formulas = 0;
  readonly #spec: JsonEncodeSpec;
  readonly #output = new JsonOutput();
  /** One document's compact text, on its way to many lines. */
  readonly #compact = new JsonOutput();

  constructor(spec: JsonEncodeSpec) {
    const { head, between, tail } = framing(spec);
    this.#spec = spec;
    this.head = Buffer.from(head);
    this.between = Buffer.from(between);
    this.tail = Buffer.from(tail);
  }

  get retyped(): number {
    return this.#output.retyped + this.#compact.retyped;
  }

  encode({ bytes, starts, count }: Documents, first: boolean): Uint8Array {
    const output = this.#output;
    output.length = 0;
    const lines = !this.#spec.array && !this.#spec.pretty;
    for (let i = 0; i < count; i++) {
      output.reserve(4);
      if (i > 0 || !first) output.literal(this.between);
      if (this.#spec.stable) this.#encodeDocument(stableDocument(bytes, starts[i]!), 0);
      else this.#encodeDocument(bytes, starts[i]!);
      if (lines) {
        output.reserve(1);
        output.byte(0x0a);
      }
    }
    return output.written();
  }

  #encodeDocument(bytes: Uint8Array, document: number): void {
    if (this.#spec.pretty) this.#encodePretty(bytes, document);
    else writeValue(this.#output, bsonType.document, bytes, document, this.#spec.form, false);
  }

  #encodePretty(bytes: Uint8Array, document: number): void {
    const compact = this.#compact;
    compact.length = 0;
    writeValue(compact, bsonType.document, bytes, document, this.#spec.form, false);
    writePretty(this.#output, compact.written());
  }
}

function framing({ array, pretty }: JsonEncodeSpec): {
  head: string;
  between: string;
  tail: string;
} {
  if (array) {
    return pretty
      ? { head: "[", between: ",\n", tail: "]\n\n" }
      : { head: "[", between: ",", tail: "]\n" };
  }
  return pretty ? { head: "", between: "\n", tail: "\n" } : { head: "", between: "", tail: "" };
}
