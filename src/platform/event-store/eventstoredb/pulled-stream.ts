import type { Clock } from '../../../kernel/clock.js';

/** What is used of a Readable; the client's own types of it do not fit Node's exactly. */
interface Source {
  readonly destroyed: boolean;
  readonly readableLength: number;
  read(): unknown;
  on(event: string, listener: (argument?: unknown) => void): unknown;
}

/**
 * Reads one of the client's streams by asking for items, so that the server is held back while
 * nobody asks. The client emits errors without ending the stream and crashes the process when
 * nobody listens, and leaving its own iteration keeps the call open: so this listens from the
 * moment it is made, and `cancel` has to be called when done, whatever happened.
 */
export class PulledStream<Item> {
  private failure: unknown;
  private over = false;
  private wake: (() => void) | undefined;

  constructor(
    private readonly source: Source,
    private readonly cancelSource: () => Promise<void>,
  ) {
    const changed = (): void => this.wake?.();
    source.on('error', (error) => {
      this.failure ??= error;
      changed();
    });
    for (const event of ['end', 'close']) {
      source.on(event, () => {
        this.over = true;
        changed();
      });
    }
    source.on('readable', changed);
  }

  /** All that is there, at most `max` items; empty if there is none at the moment. Throws the stream's failure once nothing is left before it. */
  take(max: number): Item[] {
    const items: Item[] = [];
    while (items.length < max) {
      const item = this.source.read() as Item | null;
      if (item === null) break;
      items.push(item);
    }
    if (items.length === 0 && this.failure !== undefined) throw this.failure;
    return items;
  }

  /** True once the stream has ended and nothing is left in it. */
  get ended(): boolean {
    return this.over && this.failure === undefined && (this.source.readableLength === 0 || this.source.destroyed);
  }

  /** Waits until there may be something to take, the stream is over or the signal aborts; false if `ms` passed before. */
  more(clock: Clock, ms: number, signal?: AbortSignal): Promise<boolean> {
    if (this.over || this.failure !== undefined || this.source.readableLength > 0 || signal?.aborted === true) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (inTime: boolean): void => {
        timer.cancel();
        signal?.removeEventListener('abort', woken);
        this.wake = undefined;
        resolve(inTime);
      };
      const woken = (): void => settle(true);
      const timer = clock.after(ms, () => settle(false));
      signal?.addEventListener('abort', woken, { once: true });
      this.wake = woken;
    });
  }

  /** Ends the call on the server too. */
  cancel(): void {
    // It rejects only where the call could not even be made, and then there is nothing to cancel.
    this.cancelSource().catch(() => undefined);
  }
}
