import type { Clock } from '../../kernel/clock.js';

export interface RateVerdict {
  readonly allowed: boolean;
  /** Requests left in this window. */
  readonly remaining: number;
  /** Milliseconds until the window ends. */
  readonly resetMs: number;
}

/** Counts requests in fixed windows. */
export interface RateLimiter {
  /** Counts one request of `key` against `limit` per window of `windowMs`. */
  hit(key: string, limit: number, windowMs: number): Promise<RateVerdict>;
}

export const RATE_LIMITER = Symbol('RateLimiter');

export const verdictOf = (count: number, limit: number, windowMs: number, now: number): RateVerdict => ({
  allowed: count <= limit,
  remaining: Math.max(0, limit - count),
  resetMs: windowMs - (now % windowMs),
});

/** Counts what this process is asked; several processes count apart. */
export class InProcessRateLimiter implements RateLimiter {
  private counts = new Map<string, { readonly window: number; count: number }>();

  constructor(private readonly clock: Clock) {}

  hit(key: string, limit: number, windowMs: number): Promise<RateVerdict> {
    const now = this.clock.now();
    const window = Math.floor(now / windowMs);
    let entry = this.counts.get(key);
    if (entry?.window !== window) {
      if (this.counts.size >= MAX_KEYS) this.forget(window);
      entry = { window, count: 0 };
      this.counts.set(key, entry);
    }
    entry.count += 1;
    return Promise.resolve(verdictOf(entry.count, limit, windowMs, now));
  }

  private forget(window: number): void {
    for (const [key, entry] of this.counts) if (entry.window !== window) this.counts.delete(key);
  }
}

const MAX_KEYS = 10_000;
