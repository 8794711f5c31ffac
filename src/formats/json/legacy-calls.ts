/** An argument of a call, as Extended JSON. */
export type LegacyArgument = string;

/** The Extended JSON of a call of the shell such as `ObjectId("…")`; null for one that makes no value. */
export function callOf(name: string, args: readonly LegacyArgument[]): string | null {
  const call = calls[name];
  return (Object.hasOwn(calls, name) && call?.(args)) || null;
}

/** In place of an argument that is not there. */
const none = "";

type Call = (args: readonly LegacyArgument[]) => string | null;

const calls: Record<string, Call> = {
  ObjectId: ([id = none, ...more]) => (isText(id) && more.length === 0 ? `{"$oid":${id}}` : null),
  ISODate: date,
  Date: date,
  NumberLong: (args) => integer("$numberLong", args),
  NumberInt: (args) => integer("$numberInt", args),
  BinData: ([subtype = none, data = none, ...more]) => {
    if (!isInteger(subtype) || !isText(data) || more.length > 0) return null;
    const value = Number(subtype);
    if (value < 0 || value > 255) return null;
    return `{"$binary":{"base64":${data},"subType":"${value.toString(16).padStart(2, "0")}"}}`;
  },
  Timestamp: ([seconds = none, increment = none, ...more]) =>
    isInteger(seconds) && isInteger(increment) && more.length === 0
      ? `{"$timestamp":{"t":${seconds},"i":${increment}}}`
      : null,
  RegExp: ([pattern = none, options = '""', ...more]) =>
    isText(pattern) && isText(options) && more.length === 0
      ? `{"$regularExpression":{"pattern":${pattern},"options":${options}}}`
      : null,
  Boolean: ([value = "false", ...more]) => {
    if (more.length > 0) return null;
    return ["false", "null", "0", "-0", '""'].includes(value) ? "false" : "true";
  },
  DBPointer: ([name = none, id = none, ...more]) => {
    if (!isText(name) || id === none || more.length > 0) return null;
    return `{"$dbPointer":{"$ref":${name},"$id":${isText(id) ? `{"$oid":${id}}` : id}}}`;
  },
};

/** A text with the time in it, which may lack its seconds, or milliseconds since 1970. */
function date([value = none, ...more]: readonly LegacyArgument[]): string | null {
  if (more.length > 0) return null;
  if (isInteger(value)) return `{"$date":{"$numberLong":"${value}"}}`;
  if (!isText(value)) return null;
  return `{"$date":${timeWithSeconds(value)}}`;
}

/** A time in quotes, which the shell's tools take without seconds, too. */
export function timeWithSeconds(text: string): string {
  return text.replace(/(T\d\d:\d\d)(Z|[+-]\d\d:?\d\d)"$/, '$1:00$2"');
}

function integer(name: string, [value = none, ...more]: readonly LegacyArgument[]): string | null {
  if (more.length > 0) return null;
  if (isInteger(value)) return `{"${name}":"${value}"}`;
  return isText(value) ? `{"${name}":${value}}` : null;
}

function isText(value: LegacyArgument): boolean {
  return value.startsWith('"');
}

function isInteger(value: LegacyArgument): boolean {
  return /^-?\d+$/.test(value);
}
