import { setMaxListeners } from 'node:events';
import type { Clock } from '../../../kernel/clock.js';
import { EventStoreUnavailable } from '../event-store.port.js';

const PATIENCE_MS = 10_000;
const BACKOFF_MS = { first: 20, most: 1_000 };

/** Repeats reads, which may be repeated at will. */
export class Retries {
  constructor(
    private readonly clock: Clock,
    private readonly isPassing: (error: unknown) => boolean,
    private readonly closing: AbortSignal,
  ) {
    // Everything that is read may wait for it while the database is away: that is no leak.
    setMaxListeners(0, closing);
  }

  /** Tries for about ten seconds, then throws EventStoreUnavailable. */
  bounded<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    const deadline = this.clock.now() + PATIENCE_MS;
    return this.repeat(attempt, this.closing, (error) => {
      if (this.clock.now() < deadline && !this.closing.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      throw new EventStoreUnavailable(`${what}: ${this.closing.aborted ? 'the event store is closed' : reason}`, { cause: error });
    });
  }

  /** Tries until it succeeds; the signal makes the last error come out. */
  endless<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    return this.repeat(attempt, signal, (error) => {
      if (signal.aborted) throw error;
    });
  }

  private async repeat<T>(attempt: () => Promise<T>, signal: AbortSignal, judge: (error: unknown) => void): Promise<T> {
    for (let backoff = BACKOFF_MS.first; ; backoff = Math.min(2 * backoff, BACKOFF_MS.most)) {
      try {
        return await attempt();
      } catch (error) {
        if (!this.isPassing(error)) throw error;
        judge(error);
        await this.pause(backoff, signal);
        if (signal.aborted) judge(error);
      }
    }
  }

  private pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.clock.after(ms, done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }
}
