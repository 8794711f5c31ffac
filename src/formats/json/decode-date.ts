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
