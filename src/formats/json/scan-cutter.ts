import type { Chunk, Position } from "../../job/chunk.ts";
import type { Item, ItemSink } from "./scan-item.ts";

/** Makes chunks of the places where a stretch may begin. As a sink it takes those from the items' structure. */
export class ChunkCutter implements ItemSink {
  readonly breaks = 0;
  mayCut = true;

  private readonly chunkBytes: number;
  private from: Position = { offset: 0, line: 1 };
  private chunks: Chunk[] = [];

  constructor(chunkBytes: number) {
    this.chunkBytes = chunkBytes;
  }

  /** The next chunk may end from here on. */
  get wished(): number {
    return this.from.offset + this.chunkBytes;
  }

  /** Ends the chunk here if it is long enough. Places come in ascending order, or are too early to count. */
  offer(offset: number, line: number): void {
    if (!this.mayCut || offset < this.wished) return;
    this.cut(offset);
    this.from = { offset, line };
  }

  /** The file ends here. */
  end(offset: number): void {
    if (offset > this.from.offset) this.cut(offset);
  }

  /** Gives the chunks since the last call. */
  take(): Chunk[] {
    const { chunks } = this;
    this.chunks = [];
    return chunks;
  }

  private cut(to: number): void {
    const { offset, line } = this.from;
    this.chunks.push({ from: offset, to, line });
  }

  begins(item: Readonly<Item>): void {
    this.offer(item.lineStart, item.line);
  }

  /** It reads nothing: structure decides. */
  read(): number {
    return -1;
  }

  object(): void {}
  anomaly(): void {}
  brokenEnds(): void {}
  other(): void {}
  tooLarge(): void {}
  trailing(): void {}
}
