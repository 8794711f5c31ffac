import type { RejectCode } from "../../job/reject.ts";
import { ObjectParser } from "./decode-object.ts";
import { DecodeState, describeByte, textPadding } from "./decode-state.ts";

const padding = Buffer.alloc(textPadding);

/** Says what a text is that stands where a record should and is no object: a JSON value of another kind, or no JSON. */
export class OtherReader {
  private readonly state = new DecodeState();
  private readonly parser = new ObjectParser(this.state, false);

  describe(text: Uint8Array): { code: RejectCode; message: string } {
    if (this.isValue(text)) {
      return {
        code: "not_an_object",
        message: `A record must be an object, this is ${kindOf(text[0]!)}`,
      };
    }
    return {
      code: "json_syntax",
      message: `Expected an object, found ${describeByte(text[0]!)}`,
    };
  }

  /** Whether the text is one JSON value: it is if it can be the value of an object. */
  private isValue(text: Uint8Array): boolean {
    const { state } = this;
    const object = Buffer.concat([Buffer.from('{"":'), text, Buffer.from("}"), padding]);
    const length = object.length - padding.length;
    state.setText(object, length);
    state.at = 0;
    state.beginDocument();
    const end = this.parser.record(0, 0);
    if (end < 0) return state.code !== "json_syntax" && state.code !== "invalid_utf8";
    return end === length;
  }
}

function kindOf(first: number): string {
  switch (first) {
    case 0x5b:
      return "an array";
    case 0x22:
      return "a string";
    case 0x74:
      return "true";
    case 0x66:
      return "false";
    case 0x6e:
      return "null";
    default:
      return "a number";
  }
}
