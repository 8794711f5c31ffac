import { pino, type Logger } from "pino";

/**
 * Structured log lines on stderr: stdout belongs to results. What may hold a secret is cut out wherever it stands; queries
 * and bodies of requests never get here in the first place.
 */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          "access_token",
          "secret",
          "authorization",
          "*.access_token",
          "*.secret",
          "*.authorization",
        ],
        censor: "[redacted]",
      },
    },
    pino.destination({ fd: 2, sync: false }),
  );
}
