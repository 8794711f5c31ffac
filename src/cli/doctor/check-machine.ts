import { DatabaseSync } from "node:sqlite";
import { availableParallelism, freemem, totalmem } from "node:os";
import { openFilesLimit } from "../../open-files.ts";
import { bytesText } from "../progress/words.ts";
import { bad, type Finding, good, warning } from "./finding.ts";

/** What the process and the machine are. */
export interface Machine {
  /** Of Node, such as `24.21.0`. */
  node: string;
  platform: string;
  arch: string;
  cores: number;
  memory: { total: number; free: number };
  /** Files that this process may have open; null where nobody says. */
  openFiles: number | null;
  sqlite: string;
}

export function thisMachine(): Machine {
  const db = new DatabaseSync(":memory:");
  const row = db.prepare("SELECT sqlite_version() AS version").get();
  db.close();
  return {
    node: process.versions.node,
    platform: process.platform,
    arch: process.arch,
    cores: availableParallelism(),
    memory: { total: totalmem(), free: freemem() },
    openFiles: openFilesLimit(),
    sqlite: row?.["version"] as string,
  };
}

const leastNode = 24;
const leastMemory = 1e9;
const leastOpenFiles = 1024;

export function checkMachine(machine: Machine): Finding[] {
  return [
    nodeFinding(machine),
    systemFinding(machine),
    memoryFinding(machine),
    openFilesFinding(machine),
  ];
}

function nodeFinding({ node, sqlite }: Machine): Finding {
  const found = `Node ${node}, SQLite ${sqlite}`;
  if (Number.parseInt(node, 10) >= leastNode) return good("versions", found);
  return bad("versions", found, `Start docferry with Node ${leastNode}: npm install brings it`);
}

function systemFinding({ platform, arch, cores }: Machine): Finding {
  const found = `${platform} ${arch}, ${cores} ${cores === 1 ? "core" : "cores"}`;
  if (platform === "linux") return good("system", found);
  return warning("system", found, "docferry is tested on Linux; report what does not work here");
}

function memoryFinding({ memory }: Machine): Finding {
  const found = `${bytesText(memory.total)}, ${bytesText(memory.free)} free`;
  if (memory.total >= leastMemory) return good("memory", found);
  return warning("memory", found, "Give it 1 GB or more, or serve with --threads 1");
}

function openFilesFinding({ openFiles }: Machine): Finding {
  if (openFiles === null || openFiles >= leastOpenFiles) {
    return good("open files", openFiles === null ? "no limit is known" : `up to ${openFiles}`);
  }
  return warning(
    "open files",
    `up to ${openFiles}`,
    `Raise the limit: ulimit -n ${leastOpenFiles}`,
  );
}
