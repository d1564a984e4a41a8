import type { Clock, Random } from '../../../kernel/clock.js';
import { NoAnswer } from './errors.js';

/** Settles as `work` does, or rejects with NoAnswer after `ms` milliseconds; `work` itself goes on. */
export const within = <T>(clock: Clock, ms: number, what: string, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = clock.after(ms, () => reject(new NoAnswer(`${what}: no answer within ${ms} ms`)));
    work.then(resolve, reject).finally(() => timer.cancel());
  });

/** Resolves after `ms` milliseconds, or as soon as the signal aborts. */
export const pause = (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });

/** Growing delays in milliseconds: twice as long each time up to a cap, between half and all of it by chance. */
export class Backoff {
  private current: number;

  constructor(
    private readonly random: Random,
    private readonly firstMs = 50,
    private readonly capMs = 5_000,
  ) {
    this.current = firstMs;
  }

  next(): number {
    const delay = this.current;
    this.current = Math.min(this.capMs, this.current * 2);
    return delay * (0.5 + this.random.next() / 2);
  }

  reset(): void {
    this.current = this.firstMs;
  }
}
