import { getLineInfo } from "acorn";
import { DocferryError } from "../job/errors.ts";

/** What is wrong with a statement, and where. Thrown inside the parser only: `withPlace` makes the catalogue's error of it. */
export class StatementFault extends Error {
  override readonly name = "StatementFault";
  /** Offset in the source, in UTF-16 units. */
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** The fault as the user reads it: 1-based line and column, the column in UTF-16 units. */
export function withPlace(fault: StatementFault, source: string): DocferryError {
  const { line, column } = getLineInfo(source, fault.at);
  return new DocferryError(
    "invalid_query",
    `${fault.message} at line ${line}, column ${column + 1}`,
    { cause: fault },
  );
}
