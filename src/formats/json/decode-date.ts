const time =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):?(\d\d))$/;

/**
 * Milliseconds since 1970 of an RFC 3339 time, years 0000 to 9999; parts of milliseconds are cut off. Takes besides what
 * mongoimport takes besides: a comma before the fraction, a zone without colon, an hour of one digit. Null when it is none.
 */
export function parseRfc3339(text: string): number | null {
  const parts = time.exec(text);
  if (!parts) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const milliseconds = Number((parts[7] ?? "").slice(0, 3).padEnd(3, "0"));
  const zone = zoneMinutes(parts[8], Number(parts[9]), Number(parts[10]));
  if (zone === null) return null;
  const seconds = daysSince1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  return (seconds - zone * 60) * 1000 + milliseconds;
}

/** What `readUtc` found last: the same object each time, because there is one for each date of a file. */
const found = { time: Number.NaN, end: 0 };

/**
 * Reads `2020-01-02T03:04:05Z`, with a fraction or none, from bytes, up to a closing quote: the form that nearly all dates have,
 * without making a text of it. `time` is NaN when it looks otherwise, which does not mean that it is wrong; `end` is
 * the index of the quote.
 */
export function readUtc(src: Uint8Array, from: number): Readonly<{ time: number; end: number }> {
  found.time = Number.NaN;
  const year = twoDigits(src, from) * 100 + twoDigits(src, from + 2);
  const month = twoDigits(src, from + 5);
  const day = twoDigits(src, from + 8);
  const hour = twoDigits(src, from + 11);
  const minute = twoDigits(src, from + 14);
  const second = twoDigits(src, from + 17);
  if (
    src[from + 4] !== 0x2d ||
    src[from + 7] !== 0x2d ||
    src[from + 10] !== 0x54 ||
    src[from + 13] !== 0x3a ||
    src[from + 16] !== 0x3a
  ) {
    return found;
  }
  let p = from + 19;
  let milliseconds = 0;
  if (src[p] === 0x2e) {
    const first = ++p;
    let weight = 100;
    for (; src[p]! >= 0x30 && src[p]! <= 0x39; p++) {
      milliseconds += (src[p]! - 0x30) * weight;
      weight = (weight / 10) | 0;
    }
    if (p === first) return found;
  }
  if (src[p] !== 0x5a || src[p + 1] !== 0x22) return found;
  // A pair that is no two digits is negative enough to spoil what it is part of.
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return found;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return found;
  const seconds = daysSince1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  found.time = seconds * 1000 + milliseconds;
  found.end = p + 1;
  return found;
}

/** Value of two digits, or a large negative number. */
function twoDigits(src: Uint8Array, at: number): number {
  const tens = src[at]! - 0x30;
  const ones = src[at + 1]! - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1_000_000;
}

/** Go's reader, and so mongoimport, lets a zone be 24 hours and 60 minutes away. */
function zoneMinutes(sign: string | undefined, hours: number, minutes: number): number | null {
  if (sign === undefined) return 0;
  if (hours > 24 || minutes > 60) return null;
  const away = hours * 60 + minutes;
  return sign === "-" ? -away : away;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days of the Gregorian calendar carried on before its time, from 1970-01-01; years begin in March. */
function daysSince1970(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * 146097 + yearOfEra * 365 + leapDays + dayOfYear - 719468;
}
