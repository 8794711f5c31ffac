import { DocferryError } from "../job/errors.ts";
import { translatePattern } from "./regex-translate.ts";

/**
 * MongoDB's regular expression (PCRE in UTF mode) as a JavaScript one that decides the same.
 * @param options of `i m s x u`
 * @throws {DocferryError} `invalid_query` for what is not well-formed, and for what only PCRE can run
 */
export function compileRegex(pattern: string, options: string): RegExp {
  const source = translatePattern(pattern, options);
  try {
    return new RegExp(source, options.includes("i") ? "iu" : "u");
  } catch (thrown) {
    throw new DocferryError("invalid_query", `The regular expression /${pattern}/ is not valid`, {
      cause: thrown,
    });
  }
}
