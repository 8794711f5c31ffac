import type { ObjectStore, ObjectWriter } from "../../src/files/object-store.ts";

/** Where a fault can strike: just before an effect, or just after it. */
export type At = (point: string) => Promise<void>;

/**
 * A port whose every method that is not named as a read has a point before and one behind it. So an effect that is new has its
 * points from the start.
 * @param name what the points are called by: `before jobs.finishTask`
 * @param made wraps what a method gives, where that has effects of its own
 * @param lost frees what a method gave to a caller that never gets it
 */
export function withPoints<T extends object>(
  name: string,
  port: T,
  options: {
    reads: readonly string[];
    at: At;
    made?: (method: string, result: unknown) => unknown;
    lost?: (method: string, result: unknown) => Promise<void>;
  },
): T {
  const { reads, at, made = (_, result) => result, lost = async () => undefined } = options;
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== "function") return member;
      const call = (...values: unknown[]): unknown => Reflect.apply(member, target, values);
      if (typeof key === "symbol" || reads.includes(key)) return call;
      return async (...values: unknown[]) => {
        await at(`before ${name}.${key}`);
        const result = made(key, await call(...values));
        try {
          await at(`after ${name}.${key}`);
        } catch (error) {
          await lost(key, result);
          throw error;
        }
        return result;
      };
    },
  });
}

/** What of each port changes nothing, or is a point by what it makes. */
export const reads = {
  jobs: [
    "get",
    "list",
    "submitted",
    "chunks",
    "parts",
    "expired",
    "unended",
    "unendedOn",
    "onChange",
  ],
  index: ["get", "list", "unreferenced"],
  requests: ["find"],
  databases: ["openSource"],
  database: ["collections", "accessRule", "checkQuery", "ranges", "read", "rejects", "firstReject"],
  sink: [],
  files: ["size", "read", "list"],
  writer: ["abort"],
} as const;

const writerMakers = new Set(["create", "createPiece"]);

/** A store of objects with points at its effects and at those of its writers. `inside` begins their names. */
export function filesWithPoints(
  files: ObjectStore,
  { inside = "", at }: { inside?: string; at: At },
): ObjectStore {
  return withPoints(`${inside}files`, files, {
    reads: reads.files,
    at,
    made: (method, result) =>
      writerMakers.has(method)
        ? withPoints(`${inside}writer`, result as ObjectWriter, { reads: reads.writer, at })
        : result,
    lost: async (method, result) => {
      if (writerMakers.has(method)) await (result as ObjectWriter).abort();
    },
  });
}
