/**
 * A number of the shell as JSON has it: `+1`, `.5`, `0x10`, `-Infinity` besides JSON's own. What is no number stays as it is, for
 * the strict parser to refuse.
 */
export function decimalNumber(text: string): string {
  const [, sign = "", size = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  const minus = sign === "-" ? "-" : "";
  if (size === "Infinity") return `{"$numberDouble":"${minus}Infinity"}`;
  if (size === "NaN") return '{"$numberDouble":"NaN"}';
  if (/^0x[0-9a-f]{1,32}$/i.test(size)) return minus + BigInt(size).toString();
  return minus + (size.startsWith(".") ? `0${size}` : size);
}
