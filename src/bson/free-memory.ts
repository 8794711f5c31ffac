/**
 * Gives memory back at once that nobody reads any more. Garbage of megabytes is hardly seen by the collector, which counts
 * objects: without this it waits for hundreds of megabytes of it.
 * @param arrays each with memory of its own; they are empty afterwards
 */
export function freeMemory(...arrays: readonly ArrayBufferView[]): void {
  for (const { buffer } of arrays) {
    if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
  }
}
