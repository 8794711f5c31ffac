import { base64 } from "./bytes.ts";

/** The parts of the codec that are WebAssembly, and their memory. Positions are those of bytes in the window. */
export interface Kernels {
  /** Where the bytes are put that a call looks at; the next call of whatever kernel uses it too. */
  readonly window: Uint8Array;
  /**
   * Passes over whole rows of a CSV from the window's first byte, which begins one, as long as they are plain: quotes open
   * cells right behind a separator or a line break, and one of these comes right behind the closing one.
   * @param length bytes in the window
   * @param due stop behind the first row that ends here or later
   * @param quote -1 where there are none
   * @returns the index behind the last row that was passed; 0 where none was
   */
  readonly passRows: (length: number, due: number, separator: number, quote: number) => number;
  /** Line breaks before what `passRows` returned, those in quotes too. */
  readonly rowLines: () => number;
  /**
   * Passes over whole JSON records, the first of which begins at the window's first byte, as long as they are plain: of no more
   * than 64 levels, every bracket in its place, no line breaks in strings, no backslashes outside of them, and between them blanks
   * and, in an array, commas.
   * @param length bytes in the window
   * @param lineStart where the first record's line begins, or what stands before it on that line ends
   * @param due stop before the first record of which that is here or later
   * @returns the index behind the last record that was passed; 0 where none was
   */
  readonly passItems: (length: number, lineStart: number, due: number, isArray: boolean) => number;
  /** Line breaks before what `passItems` returned. */
  readonly itemLines: () => number;
  /** Where the places of documents are put that `sumHashes` looks at: one more than there are. */
  readonly places: Uint32Array;
  /**
   * Puts the sum modulo 2^128 of the documents' MurmurHash3_x86_128, seed 0, into `sums`.
   * @param count documents; the window has their bytes
   * @param base the first one's place
   */
  readonly sumHashes: (count: number, base: number) => void;
  /** Four words of 32 bits, the lowest first. */
  readonly sums: Uint32Array;
}

let loaded: Kernels | null | undefined;

/**
 * This thread's kernels, loaded when they are first asked for; null where there is no WebAssembly with SIMD or no room for its
 * memory. Whoever asks has a way without them that comes to the same.
 */
export function kernels(): Kernels | null {
  return loaded === undefined ? (loaded = load()) : loaded;
}

function load(): Kernels | null {
  if (typeof WebAssembly === "undefined") return null;
  try {
    const { exports } = new WebAssembly.Instance(
      new WebAssembly.Module(Buffer.from(base64, "base64")),
    );
    const { memory, window, windowBytes, places, maxDocuments, sums, ...functions } =
      exports as unknown as Exports;
    return {
      ...functions,
      window: new Uint8Array(memory.buffer, window.value, windowBytes.value),
      places: new Uint32Array(memory.buffer, places.value, maxDocuments.value + 1),
      sums: new Uint32Array(memory.buffer, sums.value, 4),
    };
  } catch {
    return null;
  }
}

/** As wasm/assembly/index.ts has them. */
interface Exports extends Omit<Kernels, "window" | "places" | "sums"> {
  memory: { buffer: ArrayBuffer };
  window: { value: number };
  windowBytes: { value: number };
  places: { value: number };
  maxDocuments: { value: number };
  sums: { value: number };
}

/** What is used of the global that Node's types do not have. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: object };
};
