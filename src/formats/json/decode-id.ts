import { bsonType } from "../../bson/types.ts";
import type { DerivedId } from "../codec.ts";
import type { DecodeState } from "./decode-state.ts";

/** Bytes of the field `_id` with an ObjectId: type, name, value. */
export const idFieldBytes = 17;

/** Where a document's first element begins. */
const firstElement = 4;

/** Puts the `_id` that is derived from submit, job and offset first in a document that has none. */
export class IdMaker {
  private readonly field = Buffer.alloc(idFieldBytes);

  constructor({ seconds, jobKey }: DerivedId) {
    this.field[0] = bsonType.objectId;
    this.field.write("_id\0", 1, "latin1");
    this.field.writeUInt32BE(seconds, 5);
    this.field.write(jobKey, 9, 3, "hex");
  }

  /** @param document where it begins in the output, with the gap open */
  write(state: DecodeState, document: number, offset: number): void {
    const { field } = this;
    field.writeUIntBE(offset, 12, 5);
    field.copy(state.out, document + firstElement);
  }

  openGap(state: DecodeState, document: number): void {
    const first = document + firstElement;
    state.out.copyWithin(first + idFieldBytes, first, state.at);
    this.resize(state, document, idFieldBytes);
  }

  closeGap(state: DecodeState, document: number): void {
    const first = document + firstElement;
    state.out.copyWithin(first, first + idFieldBytes, state.at);
    this.resize(state, document, -idFieldBytes);
  }

  private resize(state: DecodeState, document: number, change: number): void {
    state.at += change;
    state.view.setInt32(document, state.at - document, true);
  }
}
