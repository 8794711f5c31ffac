// Compiles assembly/ and writes the bytes as a module: `npm run wasm`. They are kept in the repository, so that whoever starts
// the service neither waits for a compiler nor depends on one; a test compiles them again and compares.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const assembly = fileURLToPath(new URL("assembly", import.meta.url));
const target = new URL("../src/wasm/bytes.ts", import.meta.url);

// Nothing is imported, `abort` neither, and memory never grows: 2 pages of 64 KiB.
const options =
  "-O3 --noAssert --runtime stub --enable simd --use abort= --initialMemory 2 --maximumMemory 2";

/** The module's text, as it should be. */
export async function compile() {
  const { main } = await import("assemblyscript/asc");
  const { stdout, stderr } = process;
  let bytes;
  const writeFile = (_name, contents) => void (bytes = contents);
  const { error } = await main(
    ["index.ts", "--baseDir", assembly, "--outFile", "kernels.wasm", ...options.split(" ")],
    { stdout, stderr, writeFile },
  );
  if (error) throw error;
  const base64 = Buffer.from(bytes).toString("base64");
  return `// Made by \`npm run wasm\` from wasm/assembly. Do not edit.\nexport const base64 =\n  "${base64}";\n`;
}

if (import.meta.main) writeFileSync(target, await compile());
