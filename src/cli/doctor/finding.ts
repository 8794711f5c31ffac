/** What a check has found. */
export interface Finding {
  /** What was looked at, in a word or two. */
  subject: string;
  verdict: "good" | "warning" | "bad";
  /** What is there. */
  found: string;
  /** What to do; null where all is well. */
  advice: string | null;
}

export function good(subject: string, found: string): Finding {
  return { subject, verdict: "good", found, advice: null };
}

export function warning(subject: string, found: string, advice: string): Finding {
  return { subject, verdict: "warning", found, advice };
}

export function bad(subject: string, found: string, advice: string): Finding {
  return { subject, verdict: "bad", found, advice };
}
