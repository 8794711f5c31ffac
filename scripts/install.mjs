// Installs what is missing, quietly, before any of our npm scripts runs. Plain JavaScript for Node 20 and later: it may be
// what brings Node 24 itself. Without it a fresh checkout would need a command more.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const installed = `${root}node_modules/.package-lock.json`;
const node = `${root}node_modules/node/bin/node`;
const upToDate =
  existsSync(installed) &&
  existsSync(node) &&
  ["package.json", "package-lock.json"].every(
    (name) => statSync(`${root}${name}`).mtimeMs <= statSync(installed).mtimeMs,
  );
if (!upToDate) {
  process.stderr.write("docferry: installing dependencies (once)\n");
  // `npm install`, not `npm ci`: the lock file lists optional binaries of other platforms that some registries lack.
  const result = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (result.status !== 0) {
    process.stderr.write(
      "docferry: npm install failed; the lines above say why. Mend that and start again\n",
    );
    process.exit(1);
  }
}
