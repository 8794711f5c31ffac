// How amounts read to people.

export function countText(count: number): string {
  return Math.round(count).toLocaleString("en");
}

/** `1 record`, `2 records`. */
export function plural(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

const units = ["kB", "MB", "GB", "TB", "PB"];

export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `0:07`, `12:34`, `1:02:03`. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  const tail = two(whole % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
}

/** `0.4 s`, `12 s`, `3:05`. */
export function durationText(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  return seconds < 119.5 ? `${Math.round(seconds)} s` : clockText(seconds);
}

/** Columns that a text takes on a terminal: East Asian characters and emoji take two. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += wide.test(character) ? 2 : 1;
  return columns;
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** A name as it may stand on a terminal: no control characters, no more than so many columns, its end kept. */
export function shownName(name: string, most: number): string {
  const characters = Array.from(name.replaceAll(/\p{Cc}/gu, "?"));
  if (columnsOf(characters.join("")) <= most) return characters.join("");
  while (characters.length > 0 && columnsOf(characters.join("")) > most - 1) characters.shift();
  return `…${characters.join("")}`;
}
