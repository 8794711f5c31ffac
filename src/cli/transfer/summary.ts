import { bytesText, countText, durationText, plural } from "../progress/words.ts";
import type { TransferEnd } from "./transfer-end.ts";

/** What a person is told at the end. The numbers add up. */
export function summaryText(end: TransferEnd): string {
  const lines = [
    headline(end),
    ...(end.type === "import" ? [importCounts(end)] : exportCounts(end)),
    ...failureLines(end),
    timeLine(end),
    ...rejectLines(end),
    ...(end.error ? [`  ${end.error.hint}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** The same for machines. */
export function summaryJson(end: TransferEnd): string {
  return `${JSON.stringify(end)}\n`;
}

function headline(end: TransferEnd): string {
  const what = `${end.type} of ${end.from} to ${end.to}`;
  const job = end.job === null ? "" : ` (job ${end.job})`;
  if (end.state === "succeeded") return `Done: ${what}${job}`;
  if (end.state === "cancelled") return `Cancelled: ${what}${job}`;
  return `Failed: ${what}${job}: ${end.error?.message ?? "for an unknown reason"}`;
}

function importCounts(end: TransferEnd): string {
  const written = end.records - end.failed;
  const seen = end.state === "succeeded" ? "in the file" : "looked at";
  const kinds = end.written && kindsOf(end.written);
  return `  ${plural(end.records, "record")} ${seen}: ${countText(written)} written${kinds ? ` (${kinds})` : ""}, ${countText(end.failed)} failed`;
}

function kindsOf(written: NonNullable<TransferEnd["written"]>): string {
  const names = {
    inserted: "new",
    updated: "changed",
    unchanged: "as they were",
    deleted: "deleted",
  } as const;
  return (Object.keys(names) as (keyof typeof names)[])
    .filter((kind) => written[kind] > 0)
    .map((kind) => `${countText(written[kind])} ${names[kind]}`)
    .join(", ");
}

function exportCounts(end: TransferEnd): string[] {
  const { records, retyped, formulas, format } = end;
  const lines = [`  ${plural(records, "document")} written`];
  if (retyped > 0) {
    const keeps = format === "json" ? "--jsonFormat lossless" : "--columnsHaveTypes";
    lines[0] += `; ${plural(retyped, "value")} will read back as another type (${keeps} keeps them)`;
  }
  if (formulas > 0) {
    const runs = formulas === 1 ? "begins with =, +, - or @" : "begin with =, +, - or @";
    lines.push(`  ${plural(formulas, "cell")} ${runs}: a spreadsheet would run that as a formula`);
  }
  return lines;
}

function failureLines({ failures, failed }: TransferEnd): string[] {
  if (failed === 0) return [];
  const reasons = failures.reasons.map(({ code, count }) => `${countText(count)} ${code}`);
  const told = failures.first.map(
    ({ line, code, message }) => `    line ${line}: ${message} (${code})`,
  );
  const more = failed - told.length;
  return [
    `  failed: ${reasons.join(", ")}`,
    ...told,
    ...(more > 0 ? [`    … and ${countText(more)} more`] : []),
  ];
}

function timeLine(end: TransferEnd): string {
  const records = end.records - end.recordsBefore;
  const rate = end.seconds > 0.05 ? `, ${countText(records / end.seconds)} records/s` : "";
  const before = end.recordsBefore > 0 ? ` (${countText(end.recordsBefore)} of them before)` : "";
  return `  ${bytesText(end.bytes)} in ${durationText(end.seconds)}${rate}${before}`;
}

function rejectLines({ rejects }: TransferEnd): string[] {
  if (!rejects) return [];
  return [
    `  The records that failed are in ${rejects.place}`,
    "  Mend them and submit them again with",
    `    ${rejects.again}`,
  ];
}
