import type { EventEmitter } from "node:events";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import type { ResourceLimits } from "node:worker_threads";

/**
 * Keeps the memory for young objects at 1 MiB in every thread, where V8 would let it grow to 32. Next to nothing in the data
 * path survives a collection, so that more of them cost little, and 80 MB stay free. Each thread collects them alone:
 * so little is not worth waking helper threads for, which on busy cores are waited for much longer than the work takes.
 */
export function useSmallHeap(): void {
  setGrowth(1);
  setFlagsFromString("--no-parallel-scavenge");
}

/** For worker threads: the same 1 MiB while the main thread is given more. */
export const smallHeap: ResourceLimits = { maxYoungGenerationSizeMb: 3 };

/** Bytes: V8 counts both halves. */
const requestRoom = 2 * (4 << 20);
const lookEveryMs = 1_000;

/** Between two looks. Fewer can live with 1 MiB. */
const manyRequests = 100;

/**
 * Gives the main thread 4 MiB for young objects while many requests come: each that is under way survives a collection, and with
 * 1 MiB collections were a fifth of a status query. V8 can only be told how to grow, so it is made to. It takes the room back
 * when little happens.
 * @param server emits `request`
 */
export function roomForRequests(server: EventEmitter): Disposable {
  let requests = 0;
  const count = () => void requests++;
  server.on("request", count);
  const timer = setInterval(() => {
    if (requests >= manyRequests) growYoung();
    requests = 0;
  }, lookEveryMs).unref();
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      server.off("request", count);
    },
  };
}

function growYoung(): void {
  if (youngBytes() >= requestRoom) return;
  setGrowth(4);
  // Objects that survive let it grow. Far fewer than these are enough.
  const kept: object[] = [];
  for (let at = 0; at < 500_000; at++) {
    kept.push({ at });
    if (at % 1_000 === 0 && youngBytes() >= requestRoom) break;
  }
  setGrowth(1);
}

function setGrowth(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}

function youngBytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
  return space?.space_size ?? requestRoom;
}
