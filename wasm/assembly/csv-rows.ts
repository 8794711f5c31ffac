import { below, equalBits, parities } from "./masks";
import { padWindow, window } from "./window";

/** Line breaks before the end that `passRows` gave. */
let passedLines: i32 = 0;

export function rowLines(): i32 {
  return passedLines;
}

/**
 * Passes over whole rows of a CSV from the window's first byte, which begins one, as long as they are plain RFC 4180: a quote
 * opens a cell right behind a separator or a line break, and behind the closing one comes one of these.
 * @param length bytes in the window
 * @param quote -1 where there are none
 * @param due stop behind the first row that ends here or later
 * @returns the index behind the last row that was passed, 0 where none was
 */
export function passRows(length: i32, due: i32, separator: i32, quote: i32): i32 {
  padWindow(length);
  const mayQuote: u64 = quote < 0 ? 0 : ~(0 as u64);
  let end = 0;
  let lines = 0;
  passedLines = 0;
  // What the bytes before the block leave to it. All ones: in quotes; else the lowest bit: of the first byte.
  let quoted: u64 = 0;
  let mayOpen: u64 = 1;
  let closed: u64 = 0;
  let closedCr: u64 = 0;
  for (let at = 0; at < length; at += 64) {
    const block = window + at;
    const quotes = equalBits(block, quote as u8) & mayQuote;
    const lineFeeds = equalBits(block, 0x0a);
    const marks = quotes | lineFeeds | equalBits(block, separator as u8);
    const within = parities(quotes) ^ quoted;
    const closes = quotes & ~within;
    let bad = quotes & within & ~((marks << 1) | mayOpen);
    const text = ((closes << 1) | closed) & ~marks;
    if ((text | closedCr) !== 0) {
      // Of all blanks only the CR of a line end is plain behind a quote.
      const cr = text & equalBits(block, 0x0d);
      bad |= (text ^ cr) | (((cr << 1) | closedCr) & ~lineFeeds);
      closedCr = cr >> 63;
    }
    const ends = lineFeeds & ~within & below(bad);
    if (ends !== 0) {
      const late =
        at + 64 < due ? 0 : due - 1 <= at ? ends : ends & (~(0 as u64) << (due - 1 - at));
      const bit = (late !== 0 ? ctz(late) : 63 - clz(ends)) as i32;
      end = at + bit + 1;
      passedLines = lines + (popcnt(lineFeeds & (~(0 as u64) >> (63 - bit))) as i32);
      if (late !== 0) return end;
    }
    if (bad !== 0) return end;
    lines += popcnt(lineFeeds) as i32;
    quoted = ((within as i64) >> 63) as u64;
    mayOpen = marks >> 63;
    closed = closes >> 63;
  }
  return end;
}
