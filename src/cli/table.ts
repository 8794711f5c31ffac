import { columnsOf } from "./progress/words.ts";

/** Rows in columns, the first of them the heads; numbers stand to the right. */
export function tableText(rows: readonly (readonly (string | number)[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, column) =>
    Math.max(...rows.map((row) => columnsOf(String(row[column] ?? "")))),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const pad = " ".repeat((widths[column] ?? 0) - columnsOf(String(cell)));
        return typeof cell === "number" ? pad + cell : cell + pad;
      })
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}
