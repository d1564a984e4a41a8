/** Work begun at a position; `done` once per part. */
export interface OpenWork {
  done(): void;
}

/** The highest position with nothing unfinished below or at it, where work ends in any order. `Note` is what is kept about each work. */
export class Watermark<Note = undefined> {
  private open: { readonly position: bigint; parts: number; readonly note: Note | undefined }[] = [];
  private first = 0;
  private unfinished = 0;

  constructor(private seenUpTo: bigint) {}

  /** Positions must grow. `parts` is how often `done` has to be called. */
  begin(position: bigint, parts: number, note?: Note): OpenWork {
    const entry = { position, parts, note };
    this.open.push(entry);
    this.unfinished += 1;
    return {
      done: () => {
        entry.parts -= 1;
        if (entry.parts !== 0) return;
        this.unfinished -= 1;
        while (this.open[this.first]?.parts === 0) this.first += 1;
        if (this.first > 1_024 || this.first === this.open.length) {
          this.open = this.open.slice(this.first);
          this.first = 0;
        }
      },
    };
  }

  /** All up to here has begun, or is of no interest. */
  seen(upTo: bigint): void {
    if (upTo > this.seenUpTo) this.seenUpTo = upTo;
  }

  /** Works that are not done. */
  get openCount(): number {
    return this.unfinished;
  }

  /** What is known of the oldest work that is not done; undefined where all is done. */
  get oldest(): Note | undefined {
    return this.open[this.first]?.note;
  }

  get position(): bigint {
    const oldest = this.open[this.first];
    return oldest === undefined ? this.seenUpTo : oldest.position - 1n;
  }
}
