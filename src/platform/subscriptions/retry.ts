import { setMaxListeners } from 'node:events';
import type { Clock } from '../../kernel/clock.js';

export interface BackoffOptions {
  /** Milliseconds before the second attempt; doubled each time. */
  readonly firstMs?: number;
  readonly maxMs?: number;
}

/** Milliseconds to wait after the n-th failure (from 1). */
export const backoffMs = (failures: number, { firstMs = 50, maxMs = 5_000 }: BackoffOptions = {}): number =>
  Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 30));

/** Sleeps, or until the signal; never rejects. */
export const sleepUnless = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  signal.aborted ? Promise.resolve() : new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(ms, done);
    // All that a process does may wait for one stop, while the store is away: that is no leak.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', done, { once: true });
  });

/**
 * Tries for ever, with growing pauses. `transient` says which errors are worth another attempt; any
 * other one, and every one after the signal, is thrown.
 */
export const retryForEver = async <T>(
  clock: Clock,
  signal: AbortSignal,
  attempt: () => Promise<T>,
  transient: (error: unknown, failures: number) => boolean = () => true,
  backoff?: BackoffOptions,
): Promise<T> => {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || !transient(error, failures)) throw error;
      await sleepUnless(clock, backoffMs(failures, backoff), signal);
      if (signal.aborted) throw error;
    }
  }
};


const DEADLOCK = '40P01';

/** Repeats a transaction that PostgreSQL broke off because it and another one waited for each other. */
export const despiteDeadlocks = async <T>(transaction: () => Promise<T>, attempts = 5): Promise<T> => {
  for (let left = attempts; ; left -= 1) {
    try {
      return await transaction();
    } catch (error) {
      if (left <= 1 || (error as { code?: unknown } | null)?.code !== DEADLOCK) throw error;
    }
  }
};
