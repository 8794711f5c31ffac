import {
  Binary,
  BSONRegExp,
  Code,
  Decimal128,
  type Document,
  Double,
  Int32,
  Long,
  MaxKey,
  ObjectId,
  serialize,
  Timestamp,
} from "bson";
import type { Documents } from "../../src/bson/documents.ts";

export interface DataSet {
  name: string;
  /** About `bytes` of BSON. */
  make: (bytes: number) => Documents;
}

/** The three shapes that the codec is measured with, the same in every run. */
export const dataSets: readonly DataSet[] = [
  { name: "tweets, 1.1 kB", make: (bytes) => build(bytes, tweet) },
  { name: "flat records, 250 B", make: (bytes) => build(bytes, flat) },
  { name: "deep, all types", make: (bytes) => build(bytes, deep) },
];

function build(bytes: number, make: (random: Random, index: number) => Document): Documents {
  const random = new Random(20_261_124);
  const texts: Uint8Array[] = [];
  let size = 0;
  for (let index = 0; size < bytes; index++) {
    const text = serialize(make(random, index));
    texts.push(text);
    size += text.length;
  }
  const starts = new Uint32Array(texts.length + 1);
  for (const [index, text] of texts.entries()) starts[index + 1] = starts[index]! + text.length;
  return { bytes: new Uint8Array(Buffer.concat(texts)), starts, count: texts.length };
}

function tweet(random: Random, index: number): Document {
  const at = new Date(1_500_000_000_000 + random.below(10_000_000) * 10_000);
  return {
    _id: random.objectId(),
    id: Long.fromString(`9${random.digits(17)}`),
    id_str: `9${random.digits(17)}`,
    created_at: at,
    text: random.sentence(14 + random.below(10), index % 3 === 0),
    source: '<a href="https://example.com/download" rel="nofollow">Client for web</a>',
    truncated: false,
    in_reply_to_status_id: null,
    in_reply_to_user_id: null,
    user: {
      id: new Int32(random.below(2_000_000_000)),
      name: random.sentence(2, index % 5 === 0),
      screen_name: random.word(),
      location: random.word(),
      description: random.sentence(10, false),
      followers_count: new Int32(random.below(5000)),
      friends_count: new Int32(random.below(900)),
      verified: random.below(20) === 0,
      created_at: new Date(1_200_000_000_000 + random.below(100_000_000) * 1000),
      profile_image_url: `https://example.com/profile_images/${random.digits(16)}/normal.jpg`,
    },
    entities: {
      hashtags: Array.from({ length: random.below(4) }, () => ({
        text: random.word(),
        indices: [new Int32(random.below(100)), new Int32(random.below(140))],
      })),
      urls: [
        { url: `https://example.com/${random.word()}`, indices: [new Int32(3), new Int32(9)] },
      ],
      user_mentions: [],
    },
    retweet_count: new Int32(random.below(1000)),
    favorite_count: new Int32(random.below(1000)),
    favorited: false,
    lang: random.below(2) === 0 ? "en" : "zh",
    coordinates: random.below(4) === 0 ? [random.coordinate(), random.coordinate()] : null,
  };
}

function flat(random: Random, index: number): Document {
  return {
    _id: random.objectId(),
    number: new Int32(index),
    name: random.sentence(2, false),
    email: `${random.word()}.${random.word()}@example.com`,
    age: new Int32(18 + random.below(60)),
    balance: new Double(random.below(10_000_000) / 100),
    city: random.word(),
    postcode: random.digits(5),
    active: random.below(2) === 0,
    score: random.coordinate(),
    note: random.sentence(6, false),
  };
}

function deep(random: Random, index: number): Document {
  const inner = {
    int: new Int32(random.below(1_000_000)),
    long: Long.fromString(random.digits(18)),
    double: random.coordinate(),
    small: new Double(random.below(1000) * 1e-9),
    decimal: Decimal128.fromString(`${random.below(100_000)}.${random.digits(2)}`),
    date: new Date(random.below(2_000_000_000) * 1000 + random.below(1000)),
    old: new Date(-random.below(2_000_000_000) * 1000),
    id: random.objectId(),
    uuid: new Binary(random.bytes(16), 4),
    bytes: new Binary(random.bytes(40), 0),
    regex: new BSONRegExp(`^${random.word()}`, "i"),
    time: new Timestamp({ t: random.below(2_000_000_000), i: index % 100 }),
    code: new Code("function () { return 1; }"),
    max: new MaxKey(),
    nothing: null,
    yes: true,
  };
  return {
    _id: random.objectId(),
    a: { b: { c: { d: { e: inner, list: [inner.int, inner.double, inner.long, [inner.date]] } } } },
    list: [{ id: inner.id, uuid: inner.uuid }, random.sentence(4, true), [[random.word()]]],
    decimal: inner.decimal,
  };
}

const words =
  "the of and to in is you that it he was for on are as with his they at be this have from or one had by word but not what all were we when your can said there use an each which she do how their if will up other about out many then them these so some her would make like him into time has look two more write go see number no way could people".split(
    " ",
  );
const chinese =
  "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经";

/** Numbers that look random and are the same each time. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 0 … below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  digits(count: number): string {
    return Array.from({ length: count }, () => 1 + this.below(9)).join("");
  }

  word(): string {
    return words[this.below(words.length)]!;
  }

  sentence(count: number, inChinese: boolean): string {
    if (!inChinese) return Array.from({ length: count }, () => this.word()).join(" ");
    return Array.from({ length: count * 2 }, () => chinese[this.below(chinese.length)]).join("");
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }

  objectId(): ObjectId {
    return new ObjectId(this.bytes(12));
  }

  /** As measured or computed: all of a double's digits. */
  coordinate(): Double {
    return new Double((this.below(360_000_000) - 180_000_000) / 999_983);
  }
}
