/** A layout of Oracle's TO_DATE (`YYYY-MM-DD HH24:MI:SS`, in any case) in Go's words. */
export function goLayoutOfOracle(layout: string): string {
  return layout.toUpperCase().replace(word, (found) => words[found]!);
}

const words: Readonly<Record<string, string>> = {
  AM: "PM",
  DAY: "Monday",
  DY: "Mon",
  DD: "02",
  HH12: "03",
  HH24: "15",
  HH: "03",
  MI: "04",
  MONTH: "January",
  MON: "Jan",
  MM: "01",
  SS: "05",
  TZD: "MST",
  "TZH:TZM": "-07:00",
  TZH: "-07",
  YYYY: "2006",
  YY: "06",
};

/** Longer words stand before those that they begin with. */
const word = new RegExp(Object.keys(words).join("|"), "g");
