/**
 * Dates by a layout as Go writes it: the moment `Mon Jan 2 15:04:05 MST 2006` in the form that the cells have, such as
 * `2006-01-02T15:04:05Z07:00`. Reads as Go's time.Parse does: a fraction after the seconds is taken though the layout has
 * none, names of months and days are read in any case, what the layout does not name is 0 (the year too) or January 1st.
 *
 * A zone that is a word (`CET` for `MST`, also `GMT+3`) counts as UTC.
 *
 * @returns milliseconds since 1970, fractions cut off; null for a text that does not follow the layout
 */
export function compileGoLayout(layout: string): (text: string) => number | null {
  const pieces = piecesOf(layout);
  return (text) => readDate(pieces, text);
}

interface Piece {
  /** An element's text in the layout (`2006`), or `literal`. */
  element: string;
  /** The text of a literal, which must stand in the cell as well. */
  literal: string;
}

/** The elements, longer ones before those that they begin with. */
const elements = [
  ["January", "Jan", "Monday", "Mon", "MST"],
  ["002", "01", "02", "03", "04", "05", "06"],
  ["15", "1", "2006", "2", "__2", "_2", "3", "4", "5", "PM", "pm"],
  ["-070000", "-07:00:00", "-0700", "-07:00", "-07"],
  ["Z070000", "Z07:00:00", "Z0700", "Z07:00", "Z07"],
].flat();

function piecesOf(layout: string): Piece[] {
  const pieces: Piece[] = [];
  let literal = "";
  let at = 0;
  while (at < layout.length) {
    const element = elementAt(layout, at);
    if (element === null) {
      literal += layout[at]!;
      at++;
      continue;
    }
    if (literal !== "") pieces.push({ element: "literal", literal });
    literal = "";
    pieces.push({ element, literal: "" });
    at += element.length;
  }
  if (literal !== "") pieces.push({ element: "literal", literal });
  return pieces;
}

function elementAt(layout: string, at: number): string | null {
  const fraction = /^[.,](?:0+|9+)(?!\d)/.exec(layout.slice(at));
  if (fraction) return fraction[0];
  // `_2006` is an underscore before a year, not a padded day.
  if (layout.startsWith("_2006", at)) return null;
  for (const element of elements) {
    if (!layout.startsWith(element, at)) continue;
    const isShortName = element === "Jan" || element === "Mon";
    if (isShortName && /^[a-z]/.test(layout.slice(at + 3))) continue;
    return element;
  }
  return null;
}

/** What has been read so far. Those that are -1 have not been seen. */
interface Moment {
  year: number;
  month: number;
  day: number;
  dayOfYear: number;
  hour: number;
  minute: number;
  second: number;
  milliseconds: number;
  half: "" | "am" | "pm";
  /** Seconds east of UTC. */
  zone: number;
}

function readDate(pieces: Piece[], text: string): number | null {
  const moment: Moment = {
    year: 0,
    month: -1,
    day: -1,
    dayOfYear: -1,
    hour: 0,
    minute: 0,
    second: 0,
    milliseconds: 0,
    half: "",
    zone: 0,
  };
  let at = 0;
  for (const [index, { element, literal }] of pieces.entries()) {
    if (element === "literal") at = skipLiteral(text, at, literal);
    else at = readElement(moment, element, pieces[index + 1]?.element ?? "", text, at);
    if (at < 0) return null;
  }
  return at === text.length ? millisecondsOf(moment) : null;
}

/** A run of spaces in the layout stands for any run of spaces, or the end. */
function skipLiteral(text: string, from: number, literal: string): number {
  let at = from;
  for (let i = 0; i < literal.length;) {
    if (literal[i] === " ") {
      if (at < text.length && text[at] !== " ") return -1;
      while (literal[i] === " ") i++;
      while (text[at] === " ") at++;
      continue;
    }
    if (text[at] !== literal[i]) return -1;
    at++;
    i++;
  }
  return at;
}

/** Reads one element at `at`; gives where it ends, -1 where there is none. */
function readElement(
  moment: Moment,
  element: string,
  following: string,
  text: string,
  at: number,
): number {
  switch (element) {
    case "2006":
      return readNumber(text, at, /\d{4}/y, 0, 9999, (value) => (moment.year = value));
    case "06":
      return readNumber(text, at, /\d\d/y, 0, 99, (value) => {
        moment.year = value + (value >= 69 ? 1900 : 2000);
      });
    case "Jan":
      return readName(text, at, shortMonths, (value) => (moment.month = value + 1));
    case "January":
      return readName(text, at, longMonths, (value) => (moment.month = value + 1));
    case "01":
      return readNumber(text, at, /\d\d/y, 1, 12, (value) => (moment.month = value));
    case "1":
      return readNumber(text, at, /\d\d?/y, 1, 12, (value) => (moment.month = value));
    case "Mon":
      return readName(text, at, shortDays, () => {});
    case "Monday":
      return readName(text, at, longDays, () => {});
    case "02":
      return readNumber(text, at, /\d\d/y, 0, 99, (value) => (moment.day = value));
    case "2":
      return readNumber(text, at, /\d\d?/y, 0, 99, (value) => (moment.day = value));
    case "_2":
      return readNumber(text, at, / ?\d\d?/y, 0, 99, (value) => (moment.day = value));
    case "002":
      return readNumber(text, at, /\d{3}/y, 0, 999, (value) => (moment.dayOfYear = value));
    case "__2":
      return readNumber(text, at, / {0,2}\d{1,3}/y, 0, 999, (value) => (moment.dayOfYear = value));
    case "15":
      return readNumber(text, at, /\d\d?/y, 0, 23, (value) => (moment.hour = value));
    case "03":
      return readNumber(text, at, /\d\d/y, 0, 12, (value) => (moment.hour = value));
    case "3":
      return readNumber(text, at, /\d\d?/y, 0, 12, (value) => (moment.hour = value));
    case "04":
      return readNumber(text, at, /\d\d/y, 0, 59, (value) => (moment.minute = value));
    case "4":
      return readNumber(text, at, /\d\d?/y, 0, 59, (value) => (moment.minute = value));
    case "05":
      return readSeconds(moment, text, at, /\d\d/y, following);
    case "5":
      return readSeconds(moment, text, at, /\d\d?/y, following);
    case "PM":
    case "pm":
      return readHalf(moment, element, text, at);
    case "MST":
      return readZoneName(text, at);
    default:
      if (element[0] === "." || element[0] === ",") return readFraction(moment, element, text, at);
      return readZone(moment, element, text, at);
  }
}

function readNumber(
  text: string,
  at: number,
  digits: RegExp,
  least: number,
  most: number,
  set: (value: number) => void,
): number {
  digits.lastIndex = at;
  const match = digits.exec(text);
  if (!match) return -1;
  const value = Number(match[0]);
  if (value < least || value > most) return -1;
  set(value);
  return at + match[0].length;
}

function readName(
  text: string,
  at: number,
  names: readonly string[],
  set: (index: number) => void,
): number {
  const index = names.findIndex((name) => text.slice(at, at + name.length).toLowerCase() === name);
  if (index < 0) return -1;
  set(index);
  return at + names[index]!.length;
}

const longMonths = [
  ["january", "february", "march", "april", "may", "june"],
  ["july", "august", "september", "october", "november", "december"],
].flat();
const shortMonths = longMonths.map((name) => name.slice(0, 3));
const longDays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const shortDays = longDays.map((name) => name.slice(0, 3));

function readSeconds(
  moment: Moment,
  text: string,
  at: number,
  digits: RegExp,
  following: string,
): number {
  const end = readNumber(text, at, digits, 0, 59, (value) => (moment.second = value));
  if (end < 0) return -1;
  const layoutHasFraction = following[0] === "." || following[0] === ",";
  return layoutHasFraction ? end : readAnyFraction(moment, text, end);
}

/** A fraction of any length, or none. */
function readAnyFraction(moment: Moment, text: string, at: number): number {
  anyFraction.lastIndex = at;
  const match = anyFraction.exec(text);
  if (!match) return at;
  moment.milliseconds = Number(match[1]!.padEnd(3, "0").slice(0, 3));
  return at + match[0].length;
}

const anyFraction = /[.,](\d+)/y;

/** `.000` wants as many digits, `.999` any number of them or none. */
function readFraction(moment: Moment, element: string, text: string, at: number): number {
  if (element[1] === "9") return readAnyFraction(moment, text, at);
  const digits = text.slice(at, at + element.length);
  if (digits.length < element.length || !/^[.,]\d+$/.test(digits)) return -1;
  moment.milliseconds = Number(digits.slice(1).padEnd(3, "0").slice(0, 3));
  return at + element.length;
}

function readHalf(moment: Moment, element: string, text: string, at: number): number {
  const half = text.slice(at, at + 2);
  const isHalf = element === "PM" ? half === "AM" || half === "PM" : half === "am" || half === "pm";
  if (!isHalf) return -1;
  moment.half = half.toLowerCase() === "pm" ? "pm" : "am";
  return at + 2;
}

function readZone(moment: Moment, element: string, text: string, at: number): number {
  if (element[0] === "Z" && text[at] === "Z") {
    moment.zone = 0;
    return at + 1;
  }
  const form = element
    .slice(1)
    .replace(/07/, String.raw`(\d\d)`)
    .replaceAll("00", String.raw`(\d\d)`);
  const zone = new RegExp(`([+-])${form}`, "y");
  zone.lastIndex = at;
  const match = zone.exec(text);
  if (!match) return -1;
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(2).map(Number);
  if (hours > 24 || minutes > 60 || seconds > 60) return -1;
  moment.zone = (hours * 3600 + minutes * 60 + seconds) * (match[1] === "-" ? -1 : 1);
  return at + match[0].length;
}

/** Three to five capitals, `ChST`, `MeST`, `GMT` with or without an hour, or a signed hour. */
function readZoneName(text: string, at: number): number {
  zoneName.lastIndex = at;
  const match = zoneName.exec(text);
  return match ? at + match[0].length : -1;
}

const signedHour = String.raw`[+-](?:2[0-3]|[01]?\d)(?!\d)`;
const zoneName = new RegExp(
  `GMT(?:${signedHour})?|ChST|MeST|WITA|${signedHour}|[A-Z]{3,4}T(?![A-Z])|[A-Z]{3}(?![A-Z])`,
  "y",
);

function millisecondsOf(moment: Moment): number | null {
  const { year } = moment;
  let { month, day } = moment;
  if (moment.dayOfYear >= 0) {
    const date = new Date(Date.UTC(2000 + (year % 400), 0, moment.dayOfYear));
    if (moment.dayOfYear < 1 || date.getUTCFullYear() !== 2000 + (year % 400)) return null;
    if (month >= 0 && month !== date.getUTCMonth() + 1) return null;
    if (day >= 0 && day !== date.getUTCDate()) return null;
    month = date.getUTCMonth() + 1;
    day = date.getUTCDate();
  }
  if (month < 0) month = 1;
  if (day < 0) day = 1;
  const date = new Date(0);
  // Date.UTC takes the years below 100 for those of the 20th century.
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || day < 1) return null;
  let { hour } = moment;
  if (moment.half === "pm" && hour < 12) hour += 12;
  if (moment.half === "am" && hour === 12) hour = 0;
  const seconds = hour * 3600 + moment.minute * 60 + moment.second - moment.zone;
  return date.getTime() + seconds * 1000 + moment.milliseconds;
}
