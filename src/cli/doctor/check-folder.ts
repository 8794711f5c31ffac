import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { type DataPaths, lockDataFolder } from "../../data-folder.ts";
import { DocferryError } from "../../job/errors.ts";
import { bytesText } from "../progress/words.ts";
import { bad, type Finding, good, warning } from "./finding.ts";

/** Looks at a data folder, and at the disk that it is on. Nothing is made or changed. @param now unix ms */
export function checkFolder(paths: DataPaths, now: number): Finding[] {
  if (!existsSync(paths.folder)) {
    return [...checkParent(paths), ...checkDisk(nearest(paths.folder))];
  }
  if (!statSync(paths.folder).isDirectory()) {
    return [bad("data folder", `${paths.folder} is a file`, "Give a folder with --data")];
  }
  if (!mayWrite(paths.folder)) {
    return [
      bad(
        "data folder",
        `${paths.folder} may not be written`,
        `Give it to the user that runs docferry: chown -R $(id -u) ${paths.folder}`,
      ),
    ];
  }
  return [
    useFinding(paths),
    ...keyFindings(paths),
    ...checkDisk(paths.folder),
    ...clockFinding(paths, now),
  ];
}

function checkParent(paths: DataPaths): Finding[] {
  const parent = nearest(paths.folder);
  const found = `${paths.folder} is not there yet`;
  if (mayWrite(parent)) return [good("data folder", `${found}: docferry serve makes it`)];
  return [
    bad(
      "data folder",
      `${found}, and ${parent} may not be written`,
      "Give another folder with --data",
    ),
  ];
}

/** The folder, or the nearest one above it that is there. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function useFinding(paths: DataPaths): Finding {
  if (!existsSync(paths.store)) {
    return good("data folder", `${paths.folder} is there, without data yet`);
  }
  try {
    lockDataFolder(paths.folder)[Symbol.dispose]();
    return good("data folder", `${paths.folder}, no service runs on it`);
  } catch (error) {
    if (!(error instanceof DocferryError) || error.code !== "data_folder_in_use") throw error;
    const address = existsSync(paths.address) ? readFileSync(paths.address, "utf8").trim() : null;
    const [, holder = ""] = /(\(process \d+\))$/.exec(error.message) ?? [];
    return good(
      "data folder",
      `${paths.folder}, in use by ${address ?? "a docferry"} ${holder}`.trim(),
    );
  }
}

function keyFindings(paths: DataPaths): Finding[] {
  return [paths.serverKey, paths.operatorKey]
    .filter((file) => existsSync(file) && (statSync(file).mode & 0o077) !== 0)
    .map((file) => bad("keys", `others on this machine may read ${file}`, `chmod 600 ${file}`));
}

/** Magic numbers of file systems that are on other machines. */
const remote = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x01021997, "9P"],
]);

const fewBytes = 1e9;
const leastBytes = 1e8;

function checkDisk(folder: string): Finding[] {
  const { type, bsize, bavail, blocks } = statfsSync(folder);
  const free = bavail * bsize;
  const found = `${bytesText(free)} free of ${bytesText(blocks * bsize)}`;
  const findings = [
    free < leastBytes
      ? bad("disk", found, "Free space: jobs wait while the disk is full")
      : free < fewBytes
        ? warning(
            "disk",
            found,
            "Free space before a big import: a collection takes about twice its file",
          )
        : good("disk", found),
  ];
  const name = remote.get(type >>> 0);
  if (name !== undefined) {
    findings.push(
      bad(
        "file system",
        `${folder} is on ${name}`,
        "Use a disk of this machine: locks and syncs of remote ones cannot be trusted",
      ),
    );
  }
  return findings;
}

/** A clock that goes back makes tokens live longer and leases look fresh. */
function clockFinding(paths: DataPaths, now: number): Finding[] {
  const newest = [paths.store, `${paths.store}-wal`]
    .map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0)
    .reduce((a, b) => Math.max(a, b), 0);
  const said = new Date(now).toISOString();
  if (newest - now < 60_000) return [good("clock", said)];
  return [
    bad(
      "clock",
      `it says ${said}, but the data was written at ${new Date(newest).toISOString()}`,
      "Set the clock (timedatectl set-ntp true)",
    ),
  ];
}
