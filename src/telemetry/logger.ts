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
      timestamp: isoTime,
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

/** The last millisecond's text: a busy service logs many lines in one. */
const last = { ms: 0, text: "" };

function isoTime(): string {
  const ms = Date.now();
  if (ms !== last.ms) Object.assign(last, { ms, text: `,"time":"${new Date(ms).toISOString()}"` });
  return last.text;
}
