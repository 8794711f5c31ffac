import type { Job, Progress, Reject } from "./api.ts";

/** What happens to a job. */
export type JobEvent =
  | { event: "state"; data: Job }
  | { event: "progress"; data: Progress }
  | { event: "reject"; data: { count: number; first: Omit<Reject, "raw" | "rawBytes">[] } };

/** A server-sent event as it came. */
export interface ServerSentEvent {
  id: string;
  event: string;
  data: string;
}

/**
 * Parses server-sent events (WHATWG HTML 9.2) out of text in pieces of any size.
 * @param onRetry gets the ms that the service wants a listener to wait before it comes back
 */
export async function* parseEvents(
  pieces: AsyncIterable<string>,
  onRetry: (ms: number) => void,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  let buffer = "";
  let event = { id: "", event: "", data: [] as string[] };
  for await (const piece of pieces) {
    buffer += piece;
    // A lone CR at the end may be the half of a line break.
    const end = buffer.endsWith("\r") ? buffer.length - 1 : buffer.length;
    const lines = buffer.slice(0, end).split(/\r\n|\r|\n/);
    buffer = (lines.pop() ?? "") + buffer.slice(end);
    for (const line of lines) {
      if (line === "") {
        if (event.data.length > 0) {
          yield { id: event.id, event: event.event || "message", data: event.data.join("\n") };
        }
        event = { ...event, event: "", data: [] };
        continue;
      }
      const [, name = line, value = ""] = /^([^:]*): ?(.*)$/s.exec(line) ?? [];
      if (name === "id" && !value.includes("\0")) event.id = value;
      else if (name === "event") event.event = value;
      else if (name === "data") event.data.push(value);
      else if (name === "retry" && /^\d+$/.test(value)) onRetry(Number(value));
    }
  }
}

/** The text of a body, in the pieces in which it comes. */
export async function* textPieces(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    // Leaving in the middle ends the connection.
    await reader.cancel().catch(() => undefined);
  }
}
