import { bsonType } from "../bson/types.ts";
import { Output } from "./output.ts";
import type { DocumentValue, Value } from "./value.ts";

/** The document as BSON. Names and regular expressions must have no NUL. */
export function writeDocument(document: DocumentValue): Uint8Array {
  const output = new Output();
  writeValue(output, document);
  return output.take();
}

const typeBytes = {
  null: bsonType.null,
  boolean: bsonType.boolean,
  int32: bsonType.int32,
  int64: bsonType.int64,
  double: bsonType.double,
  string: bsonType.string,
  date: bsonType.date,
  regex: bsonType.regex,
  objectId: bsonType.objectId,
  array: bsonType.array,
  document: bsonType.document,
} as const satisfies Record<Value["type"], number>;

function writeElement(output: Output, name: string, value: Value): void {
  output.byte(typeBytes[value.type]);
  writeCString(output, name);
  writeValue(output, value);
}

function writeValue(output: Output, value: Value): void {
  switch (value.type) {
    case "null":
      return;
    case "boolean":
      return output.byte(value.value ? 1 : 0);
    case "int32":
      return output.int32(value.value);
    case "int64":
      return output.int64(value.value);
    case "double":
      return output.double(value.value);
    case "date":
      return output.int64(BigInt(value.value));
    case "string":
      return writeString(output, value.value);
    case "regex":
      writeCString(output, value.pattern);
      return writeCString(output, value.options);
    case "objectId":
      return output.copy(Buffer.from(value.hex, "hex"), 0, 12);
    case "array": {
      const start = output.beginDocument();
      value.items.forEach((item, index) => writeElement(output, String(index), item));
      return output.endDocument(start);
    }
    case "document": {
      const start = output.beginDocument();
      for (const field of value.fields) writeElement(output, field.name, field.value);
      return output.endDocument(start);
    }
    default:
      value satisfies never;
  }
}

function writeString(output: Output, text: string): void {
  const start = output.length;
  output.int32(0);
  output.text(text);
  output.byte(0);
  output.setInt32(start, output.length - start - 4);
}

function writeCString(output: Output, text: string): void {
  output.text(text);
  output.byte(0);
}
