/** Why a text is no record. `at` is its end where the text ends too early. */
export class LegacyFault extends Error {
  override readonly name = "LegacyFault";
  readonly at: number;
  readonly code: "json_syntax" | "too_deep";

  constructor(at: number, message: string, code: LegacyFault["code"] = "json_syntax") {
    super(message);
    this.at = at;
    this.code = code;
  }
}
