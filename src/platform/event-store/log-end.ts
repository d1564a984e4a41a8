import type { Clock } from '../../kernel/clock.js';

/** The end of a log as far as this process has heard of it, and a place to wait for more. */
export class LogEnd {
  private heard = 0n;
  private readonly waiting = new Set<{ readonly beyond: bigint; readonly resume: () => void }>();

  /** The highest position heard of. Who hears it from outside must not trust it: it is a hint. */
  get reached(): bigint {
    return this.heard;
  }

  /** Says that the log reaches at least this position. Called late or twice it does nothing. */
  announce(position: bigint): void {
    if (position <= this.heard) return;
    this.heard = position;
    for (const { beyond, resume } of [...this.waiting]) if (position > beyond) resume();
  }

  /** Resolves once the log reaches beyond a position, on abort, or, where a clock is given, after `ms` milliseconds. */
  reachesBeyond(position: bigint, signal: AbortSignal, poll?: { readonly clock: Clock; readonly ms: number }): Promise<void> {
    if (this.heard > position || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const resume = (): void => {
        this.waiting.delete(waiter);
        signal.removeEventListener('abort', resume);
        timer?.cancel();
        resolve();
      };
      const waiter = { beyond: position, resume };
      const timer = poll?.clock.after(poll.ms, resume);
      this.waiting.add(waiter);
      signal.addEventListener('abort', resume, { once: true });
    });
  }
}
