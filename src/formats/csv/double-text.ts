/**
 * A double as mongoexport's CSV has it, which is Go's `%v`: the fewest digits that read back as the same double, with an
 * exponent from 1e+06 on and below 1e-04: `1`, `-0`, `0.1`, `1e+06`, `1.2345675e+06`, `5e-324`, `NaN`, `+Inf`.
 */
export function exportedDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const magnitude = Math.abs(value);
  // In between JavaScript and Go print alike.
  if (magnitude >= 1e-4 && magnitude < 1e6) return String(value);
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  const power = exponent.slice(1);
  return `${digits}e${exponent[0]}${power.length < 2 ? "0" : ""}${power}`;
}

/** A finite double in plain decimals, with the fewest digits that read back as the same double: `0.00001`, `1234567.5`. */
export function plainDouble(value: number): string {
  const text = Object.is(value, -0) ? "-0" : String(value);
  const [digits = "", exponent] = text.split("e");
  if (exponent === undefined) return text;
  const sign = value < 0 ? "-" : "";
  const [whole = "", fraction = ""] = digits.replace("-", "").split(".");
  const all = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${all}`;
  if (point >= all.length) return sign + all + "0".repeat(point - all.length);
  return `${sign}${all.slice(0, point)}.${all.slice(point)}`;
}

/**
 * The double that Go's ParseFloat reads, as mongoimport's `double()` does: also `1.`, `.5`, `1_000`, `0x1p4`, `inf`, `+Inf`,
 * `NaN`; null for what it refuses: the empty text, `1e400`, `0x10`, `-nan`, white space.
 */
export function parseGoDouble(text: string): number | null {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  const value = /^[+-]?0x/i.test(text) ? parseHexDouble(text) : parseDecimalDouble(text);
  return value !== null && Number.isFinite(value) ? value : null;
}

/** Digits with single underscores between them. */
const digits = String.raw`\d+(?:_\d+)*`;
const decimalDouble = new RegExp(
  `^[+-]?(?:${digits}(?:\\.(?:${digits})?)?|\\.${digits})(?:e[+-]?${digits})?$`,
  "i",
);

function parseDecimalDouble(text: string): number | null {
  return decimalDouble.test(text) ? Number(text.replaceAll("_", "")) : null;
}

const hexDigits = "[0-9a-f]+(?:_[0-9a-f]+)*";
const hexDouble = new RegExp(
  `^([+-]?)0x(?:_?(${hexDigits})(?:\\.(${hexDigits})?)?|\\.(${hexDigits}))p([+-]?${digits})$`,
  "i",
);

function parseHexDouble(text: string): number | null {
  const match = hexDouble.exec(text);
  if (!match) return null;
  const [, sign = "", whole = "", fraction = match[4] ?? "", , power = ""] = match;
  const fractionDigits = fraction.replaceAll("_", "");
  const mantissa = BigInt(`0x0${whole.replaceAll("_", "")}${fractionDigits}`);
  const exponent = Number(power.replaceAll("_", "")) - 4 * fractionDigits.length;
  const value = scale(mantissa, exponent);
  return sign === "-" ? -value : value;
}

/** `mantissa × 2^exponent`, rounded once, to even. */
function scale(mantissa: bigint, exponent: number): number {
  const bits = mantissa.toString(2).length;
  if (bits + exponent > 1025) return Infinity;
  if (bits + exponent < -1080) return 0;
  // A double has 53 bits, fewer where the last would be below 2^-1074.
  const dropped = Math.max(bits - 53, -1074 - exponent, 0);
  const unit = 1n << BigInt(dropped);
  let kept = mantissa / unit;
  const rest = (mantissa % unit) * 2n;
  if (rest > unit || (rest === unit && kept % 2n === 1n)) kept += 1n;
  const power = exponent + dropped;
  // Exact in two steps, where 2^power alone would be no double.
  return power < -1000
    ? Number(kept) * 2 ** -1000 * 2 ** (power + 1000)
    : Number(kept) * 2 ** power;
}
