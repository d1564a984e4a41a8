import type { Clock } from '../../kernel/clock.js';

/**
 * Tells those who wait that there may be something new. Nobody misses a call: who read `count`
 * before looking for work and passes it to `after` returns at once if it was called since.
 */
export class Wakeups {
  private calls = 0;
  private readonly waiting = new Set<() => void>();

  get count(): number {
    return this.calls;
  }

  wake(): void {
    this.calls++;
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const resume of waiting) resume();
  }

  /** Resolves on the first wake after `seen`, on abort, or, where a clock is given, after `ms` milliseconds. */
  after(seen: number, signal: AbortSignal, poll?: { readonly clock: Clock; readonly ms: number }): Promise<void> {
    if (seen !== this.calls || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.waiting.delete(done);
        signal.removeEventListener('abort', done);
        timer?.cancel();
        resolve();
      };
      const timer = poll?.clock.after(poll.ms, done);
      this.waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
