import { cloudbaseSets } from "./call-rules.ts";

/**
 * What a permission set is called, for people who are asked for it. The vendor publishes no list by number; these are the names
 * that its pages and staff use.
 */
const names: Record<number, string> = {
  1: "Messages",
  18: "Development and data analysis",
  49: "CloudBase management",
  64: "CloudBase, under its other number",
};

export function permissionSetName(set: number): string {
  return names[set] ?? `Permission set ${set}`;
}

/** What it opens on this server. */
export function permissionSetMeaning(set: number): string {
  return cloudbaseSets.includes(set)
    ? "Read, write and remove documents and files in all environments of the app, and run imports and exports"
    : "Opens nothing on this server";
}
