/**
 * A layout of SQL Server's FORMAT (`yyyy-MM-dd HH:mm:ss`) in Go's words. What it has no word for (`fff`, `gg`) stays literal
 * text, as it does in mongoimport.
 */
export function goLayoutOfMs(layout: string): string {
  return layout.replace(word, (found) => words[found]!);
}

const words: Readonly<Record<string, string>> = {
  dddd: "Monday",
  ddd: "Mon",
  dd: "02",
  d: "2",
  MMMM: "January",
  MMM: "Jan",
  MM: "01",
  M: "1",
  hh: "03",
  h: "3",
  HH: "15",
  H: "15",
  mm: "04",
  m: "4",
  ss: "05",
  s: "5",
  tt: "PM",
  yyyy: "2006",
  yyy: "2006",
  yy: "06",
  zzz: "-07:00",
  zz: "-07",
};

/** Longer words stand before those that they begin with. */
const word = new RegExp(Object.keys(words).join("|"), "g");
