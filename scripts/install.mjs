// Installs what is missing, quietly, before any of our npm scripts runs. Plain JavaScript for Node 20 and later: it may be
// what brings Node 24 itself. Without it a fresh checkout would need a command more. Arguments name further folders with a
// package.json of their own: what only tests need, which nobody who starts the service waits for.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const hasNode = existsSync(`${root}node_modules/node/bin/node`);
if (!hasNode || !isUpToDate(root)) install(root);
for (const folder of process.argv.slice(2)) {
  if (!isUpToDate(`${root}${folder}/`)) install(`${root}${folder}/`);
}

function isUpToDate(folder) {
  const installed = `${folder}node_modules/.package-lock.json`;
  return (
    existsSync(installed) &&
    ["package.json", "package-lock.json"].every(
      (name) => statSync(`${folder}${name}`).mtimeMs <= statSync(installed).mtimeMs,
    )
  );
}

function install(folder) {
  process.stderr.write("docferry: installing dependencies (once)\n");
  // `npm install`, not `npm ci`: the lock file lists optional binaries of other platforms that some registries lack.
  const result = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: folder,
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
