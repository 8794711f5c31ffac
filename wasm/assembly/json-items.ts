import { below, caselessBits, equalBits, parities, sixthBits } from "./masks";
import { padWindow, window } from "./window";

/** Open brackets that are followed: one bit for each. */
const maxDepth: i32 = 64;

const oddBits: u64 = ((0xaaaaaaaa as u64) << 32) | (0xaaaaaaaa as u64);

/** Line breaks before the end that `passItems` gave. */
let passedLines: i32 = 0;

export function itemLines(): i32 {
  return passedLines;
}

/**
 * Passes over whole records, the first of which begins at the window's first byte, as long as they are plain: of no more than
 * 64 levels, with every bracket in its place, without line breaks in strings and backslashes outside of them. Between two of them
 * there are blanks and, in an array, commas.
 * @param length bytes in the window
 * @param lineStart where the first record's line begins, or what stands before it on that line ends
 * @param due stop before the first record of which that is here or later
 * @returns the index behind the last record that was passed, 0 where none was
 */
export function passItems(length: i32, lineStart: i32, due: i32, isArray: bool): i32 {
  passedLines = 0;
  if (lineStart >= due) return 0;
  padWindow(length);
  let end = 0;
  let lines = 0;
  /** Where the next record begins. */
  let begin = 0;
  /** One bit for each open bracket, the innermost the lowest: 1 for an array. */
  let stack: u64 = 0;
  let depth = 0;
  // What the bytes before the block leave to it. All ones: in a string; the lowest bit: its first byte is escaped.
  let inString: u64 = 0;
  let escapedFirst: u64 = 0;
  for (let at = 0; at < length; at += 64) {
    const block = window + at;
    let quotes = equalBits(block, 0x22);
    const backslashes = equalBits(block, 0x5c);
    if ((backslashes | escapedFirst) !== 0) {
      // Runs of backslashes: a subtraction carries through each, and tells where its length is odd.
      const escaping = backslashes & ~escapedFirst;
      const codes = (((escaping << 1) | oddBits) - escaping) ^ oddBits;
      quotes &= ~(codes ^ (backslashes | escapedFirst));
      escapedFirst = (codes & backslashes) >> 63;
    }
    const within = parities(quotes) ^ inString;
    const lineFeeds = equalBits(block, 0x0a);
    const bad = (lineFeeds & within) | (backslashes & ~within);
    const opens = caselessBits(block, 0x7b);
    const closes = caselessBits(block, 0x7d);
    const curly = sixthBits(block);
    let brackets = (opens | closes) & ~within & below(bad);
    while (brackets !== 0) {
      const bit = ctz(brackets);
      const index = at + (bit as i32);
      const square = ((curly >> bit) & 1) ^ 1;
      if (((opens >> bit) & 1) !== 0) {
        if (depth === 0 ? index !== begin : depth === maxDepth || !valueMay(index, stack))
          return end;
        stack = (stack << 1) | square;
        depth++;
      } else {
        if (depth === 0 || (stack & 1) !== square) return end;
        stack >>= 1;
        depth--;
        if (depth === 0) {
          end = index + 1;
          passedLines = lines + (popcnt(lineFeeds & (((1 as u64) << bit) - 1)) as i32);
          begin = nextBegin(end, length, due, isArray);
          if (begin < 0) return end;
        }
      }
      brackets &= brackets - 1;
    }
    if (bad !== 0) return end;
    lines += popcnt(lineFeeds) as i32;
    inString = ((within as i64) >> 63) as u64;
  }
  return end;
}

/** Where the record behind `end` begins; -1 where that is not plain, where it is due or not in the window. */
function nextBegin(end: i32, length: i32, due: i32, isArray: bool): i32 {
  let lineStart = end;
  for (let i = end; i < length; i++) {
    const byte = load<u8>(window + i);
    if (byte === 0x7b) return lineStart < due ? i : -1;
    if (byte === 0x0a || (byte === 0x2c && isArray)) lineStart = i + 1;
    else if (!isBlank(byte)) return -1;
  }
  return -1;
}

/** Whether the bracket may be a value, by what stands before it. */
function valueMay(index: i32, stack: u64): bool {
  let before = index - 1;
  let byte = load<u8>(window + before);
  while (isBlank(byte) && before > 0) byte = load<u8>(window + --before);
  return byte === 0x3a || byte === 0x5b || (byte === 0x2c && (stack & 1) !== 0);
}

function isBlank(byte: u8): bool {
  return byte <= 0x20 && (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
}
