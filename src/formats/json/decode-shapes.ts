import type { DecoderMemory } from "../codec.ts";
import { FieldNames } from "./decode-field-names.ts";

/** The object without keys. */
export const EMPTY_SHAPE = 1;
/** An object with so many or so unusual keys that a set of them is kept instead of a shape. */
export const LOOSE = 2;
/** Answers of `follow` that are no shape. */
export const DUPLICATE = -1;
export const BAD_NAME = -2;

const maxShapes = 4096;
const maxKeysInShape = 256;
const maxSiblings = 8;
const poolBytes = 1 << 18;

/**
 * The sequences of keys that objects had so far, as a tree: a shape is the sequence from the root to a node. Records of a
 * file are mostly alike, so the key that came next last time is compared with the text at once (`next`): when it is the
 * same, that it is well-formed, has no dots where none may be and is no duplicate has been proved when the shape was made.
 *
 * Fixed in size: a reader keeps the arrays in locals, and a file of ever new keys costs no memory. Between records
 * `forgetWhenFull` starts anew.
 */
export class Shapes {
  /** For each shape the one that is tried first for the next key; 0: none. Only keys that stand in the text as they are. */
  readonly next = new Int32Array(maxShapes);
  /** Where in `pool` a shape's last key begins. Behind each key there is a quote. */
  readonly keyFrom = new Int32Array(maxShapes);
  /** Where in `pool` the quote behind it stands. */
  readonly keyTo = new Int32Array(maxShapes);
  readonly pool: Uint8Array = new Uint8Array(poolBytes + 4);
  readonly poolView: DataView = new DataView(this.pool.buffer);
  /** 1 for shapes that have a key `_id`. */
  readonly hasId = new Uint8Array(maxShapes);

  private readonly parent = new Int32Array(maxShapes);
  private readonly child = new Int32Array(maxShapes);
  private readonly sibling = new Int32Array(maxShapes);
  private readonly hash = new Int32Array(maxShapes);
  private readonly keys = new Int32Array(maxShapes);
  /** 1 for shapes with a dot in a key. */
  private readonly dotted = new Uint8Array(maxShapes);
  private count = LOOSE + 1;
  private poolAt = 0;
  /** Field names that an environment does not take are rejected. */
  readonly rule: boolean;

  constructor(rule: boolean) {
    this.rule = rule;
  }

  forgetWhenFull(): void {
    if (this.count < maxShapes && this.poolAt < poolBytes / 2) return;
    this.count = LOOSE + 1;
    this.poolAt = 0;
    this.child[EMPTY_SHAPE] = 0;
    this.next[EMPTY_SHAPE] = 0;
  }

  /**
   * The shape after `shape` when the key `bytes[from … to)` is added to it; LOOSE when there is no room for it, DUPLICATE or
   * BAD_NAME (`names` says why).
   * @param plain the key stands in the text as it is, without escapes
   */
  follow(shape: number, bytes: Uint8Array, from: number, to: number, plain: boolean): number {
    const hash = hashOf(bytes, from, to);
    let known = this.child[shape]!;
    for (let i = 0; i < maxSiblings && known !== 0; i++) {
      if (this.hash[known] === hash && this.isKey(known, bytes, from, to)) {
        if (plain) this.next[shape] = known;
        return known;
      }
      known = this.sibling[known]!;
    }
    for (let s = shape; s !== EMPTY_SHAPE; s = this.parent[s]!) {
      if (this.hash[s] === hash && this.isKey(s, bytes, from, to)) return DUPLICATE;
    }
    const dot = this.rule && bytes.subarray(from, to).includes(0x2e);
    if (this.rule && (dot || this.dotted[shape] === 1)) {
      const names = this.namesOf(shape);
      if (!names.add(keyText(bytes, from, to))) return BAD_NAME;
    }
    return this.add(shape, hash, bytes, from, to, plain, dot);
  }

  /** The keys of a shape, to go on with them as a set. */
  namesOf(shape: number): FieldNames {
    const names = new FieldNames(this.rule);
    const texts: string[] = [];
    for (let s = shape; s !== EMPTY_SHAPE; s = this.parent[s]!) {
      texts.push(keyText(this.pool, this.keyFrom[s]!, this.keyTo[s]!));
    }
    for (const text of texts.reverse()) names.add(text);
    return names;
  }

  private add(
    shape: number,
    hash: number,
    bytes: Uint8Array,
    from: number,
    to: number,
    plain: boolean,
    dot: boolean,
  ): number {
    const keys = this.keys[shape]! + 1;
    const room = this.poolAt + (to - from) + 1 <= poolBytes;
    if (this.count === maxShapes || keys > maxKeysInShape || !room) return LOOSE;
    const added = this.count++;
    this.parent[added] = shape;
    this.sibling[added] = this.child[shape]!;
    this.child[shape] = added;
    this.child[added] = 0;
    this.next[added] = 0;
    this.hash[added] = hash;
    this.keys[added] = keys;
    this.dotted[added] = dot ? 1 : this.dotted[shape]!;
    this.hasId[added] = isId(bytes, from, to) ? 1 : this.hasId[shape]!;
    this.keyFrom[added] = this.poolAt;
    this.pool.set(bytes.subarray(from, to), this.poolAt);
    this.poolAt += to - from;
    this.keyTo[added] = this.poolAt;
    this.pool[this.poolAt++] = 0x22;
    if (plain) this.next[shape] = added;
    return added;
  }

  private isKey(shape: number, bytes: Uint8Array, from: number, to: number): boolean {
    const { pool } = this;
    let p = this.keyFrom[shape]!;
    if (this.keyTo[shape]! - p !== to - from) return false;
    for (let i = from; i < to; i++) {
      if (bytes[i] !== pool[p++]) return false;
    }
    return true;
  }
}

/** Those that the memory has, where they follow the same rule: they have 400 kB, and know the file. */
export function shapesFor(memory: DecoderMemory | null, rule: boolean): Shapes {
  if (memory?.shapes?.rule === rule) return memory.shapes;
  const shapes = new Shapes(rule);
  if (memory) memory.shapes = shapes;
  return shapes;
}

/** A key as a text in which different bytes are different characters. */
export function keyText(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1");
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash | 0;
}

function isId(bytes: Uint8Array, from: number, to: number): boolean {
  return (
    to - from === 3 && bytes[from] === 0x5f && bytes[from + 1] === 0x69 && bytes[from + 2] === 0x64
  );
}
