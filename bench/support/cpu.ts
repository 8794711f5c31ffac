import { readdirSync, readFileSync } from "node:fs";

/** CPU seconds of all threads of a process so far. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [, , , , , , , , , , , user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  return (user + system) / 100;
}

/** The same to the nanosecond, of the threads that are there. */
export function cpuNanosecondsOf(pid: number): bigint {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => {
    const [onCpu = "0"] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ");
    return sum + BigInt(onCpu);
  }, 0n);
}
