/** What the process tells whoever started it. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  /** Done, but some records failed. */
  rejects: 3,
  /** Ctrl-C, as shells have it: 128 + SIGINT. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
