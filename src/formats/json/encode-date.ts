import { appendDigits } from "./encode-digits.ts";
import type { JsonOutput } from "./encode-output.ts";

/** The last millisecond of the year 9999. */
export const lastIsoDate = 253_402_300_799_999;

/**
 * Writes `2020-01-02T03:04:05.678Z` in at most 24 bytes of reserved room; zeros at the end of the fraction are left out, as
 * mongoexport does.
 * @param milliseconds 0 … `lastIsoDate`
 * @param whole with all three digits of the fraction, as mongoexport's CSV has it
 */
export function writeIsoDate(output: JsonOutput, milliseconds: number, whole = false): void {
  const target = output.bytes;
  // All but the milliseconds themselves fits into 32 bits: divisions of such are multiplications, the remainder of doubles a call.
  const days = Math.floor(milliseconds / 86_400_000) | 0;
  const time = (milliseconds - days * 86_400_000) | 0;
  const seconds = (time / 1000) | 0;
  const fraction = time - seconds * 1000;
  const minutes = (seconds / 60) | 0;
  const hours = (minutes / 60) | 0;
  let at = appendCalendarDay(target, output.length, days);
  target[at++] = 0x54;
  at = appendDigits(target, at, hours, 2);
  target[at++] = 0x3a;
  at = appendDigits(target, at, minutes - hours * 60, 2);
  target[at++] = 0x3a;
  at = appendDigits(target, at, seconds - minutes * 60, 2);
  if (whole || fraction !== 0) {
    target[at++] = 0x2e;
    at = appendDigits(target, at, fraction, 3);
    if (!whole) while (target[at - 1] === 0x30) at--;
  }
  target[at++] = 0x5a;
  output.length = at;
}

/**
 * `2020-01-02` of a day since 1970-01-01. Counts years from 1 March, so that the leap day is a year's last; 146,097 days are
 * the 400 years after which the calendar repeats.
 */
function appendCalendarDay(target: Uint8Array, start: number, days: number): number {
  const shifted = (days + 719_468) | 0;
  const era = (shifted / 146_097) | 0;
  const dayOfEra = shifted - era * 146_097;
  const leapDays = ((dayOfEra / 1460) | 0) - ((dayOfEra / 36_524) | 0) + ((dayOfEra / 146_096) | 0);
  const yearOfEra = ((dayOfEra - leapDays) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
  const shiftedMonth = ((5 * dayOfYear + 2) / 153) | 0;
  const day = dayOfYear - (((153 * shiftedMonth + 2) / 5) | 0) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  let at = appendDigits(target, start, year, 4);
  target[at++] = 0x2d;
  at = appendDigits(target, at, month, 2);
  target[at++] = 0x2d;
  return appendDigits(target, at, day, 2);
}
