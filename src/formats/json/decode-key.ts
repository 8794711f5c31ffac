import type { FieldNames } from "./decode-field-names.ts";
import {
  BAD_NAME,
  DUPLICATE,
  EMPTY_SHAPE,
  keyText,
  LOOSE,
  type Shapes,
  shapesFor,
} from "./decode-shapes.ts";
import { type DecodeState, FAULT } from "./decode-state.ts";
import { copyText } from "./decode-string.ts";

/** Reads the keys that were not guessed, and finds what an object must not have: duplicates, NUL, names against the rule. */
export class KeyReader {
  readonly shapes: Shapes;
  /** The shape of the object after the key that was read last. */
  shape = EMPTY_SHAPE;

  private readonly state: DecodeState;
  /** For each level that is open: the names of a loose object. */
  private readonly names: (FieldNames | null)[] = [];

  /** @param rule reject the field names that an environment does not take */
  constructor(state: DecodeState, rule: boolean) {
    this.state = state;
    this.shapes = shapesFor(state.memory, rule);
  }

  /** Whether the object of this shape on this level has a key `_id`. */
  hasId(shape: number, depth: number): boolean {
    return shape === LOOSE ? this.names[depth]!.has("_id") : this.shapes.hasId[shape] === 1;
  }

  /**
   * Reads a key from behind its opening quote to `state.at`, and sets `shape`.
   * @returns the position behind its closing quote, or FAULT
   */
  read(from: number, shape: number, depth: number): number {
    const { state } = this;
    const keyAt = state.at;
    const to = copyText(state, from);
    if (to < 0) return FAULT;
    const { out, at } = state;
    // Bytes are only ever saved by escapes and never added; U+FFFD for six of them is no exception.
    const plain = to - from === at - keyAt;
    if (!plain && out.subarray(keyAt, at).includes(0)) {
      return state.fail("nul_byte", from - 1, "A key must not contain NUL");
    }
    let after: number = LOOSE;
    if (shape !== LOOSE) {
      after = this.shapes.follow(shape, out, keyAt, at, plain);
      if (after === LOOSE) this.names[depth] = this.shapes.namesOf(shape);
    }
    if (after === LOOSE) after = this.addName(keyText(out, keyAt, at), depth);
    if (after === DUPLICATE) {
      return state.fail("duplicate_key", from - 1, `The key ${this.quoted(keyAt)} is there twice`);
    }
    if (after === BAD_NAME) {
      return state.fail(
        "field_name",
        from - 1,
        `The key ${this.quoted(keyAt)} has dots at an end or in a row, or says the same path as another`,
      );
    }
    this.shape = after;
    return to + 1;
  }

  private addName(name: string, depth: number): number {
    const names = this.names[depth]!;
    if (names.has(name)) return DUPLICATE;
    return names.add(name) ? LOOSE : BAD_NAME;
  }

  private quoted(keyAt: number): string {
    const { out, at } = this.state;
    const text = out.toString("utf8", keyAt, Math.min(at, keyAt + 200));
    return JSON.stringify(text);
  }
}
