import { describe, expect, it } from '@jest/globals';
import type { RateLimiter } from '../../src/platform/http/rate-limit.port.js';
import type { ManualClock } from '../support/manual-clock.js';

const WINDOW_MS = 60_000;

/** What every rate limiter must do. `make` may be called several times; each gives an empty one on the clock. */
export const rateLimiterContract = (name: string, make: (clock: ManualClock) => Promise<RateLimiter>, clockAt: (ms: number) => ManualClock): void => {
  describe(`${name} rate limiter`, () => {
    const windowStart = Math.ceil(Date.UTC(2026, 0, 1) / WINDOW_MS) * WINDOW_MS;

    it('lets the limit through, refuses the next, and begins anew with the next window', async () => {
      const clock = clockAt(windowStart + 1_000);
      const limiter = await make(clock);
      for (let left = 2; left >= 0; left -= 1) expect(await limiter.hit('k', 3, WINDOW_MS)).toEqual({ allowed: true, remaining: left, resetMs: 59_000 });
      expect(await limiter.hit('k', 3, WINDOW_MS)).toEqual({ allowed: false, remaining: 0, resetMs: 59_000 });
      await clock.advance(58_999);
      expect((await limiter.hit('k', 3, WINDOW_MS)).allowed).toBe(false);
      await clock.advance(1);
      expect(await limiter.hit('k', 3, WINDOW_MS)).toEqual({ allowed: true, remaining: 2, resetMs: WINDOW_MS });
    });

    it('counts keys apart', async () => {
      const limiter = await make(clockAt(windowStart));
      await limiter.hit('a', 1, WINDOW_MS);
      expect((await limiter.hit('a', 1, WINDOW_MS)).allowed).toBe(false);
      expect((await limiter.hit('b', 1, WINDOW_MS)).allowed).toBe(true);
    });

    it('counts requests that come at the same time', async () => {
      const limiter = await make(clockAt(windowStart));
      const verdicts = await Promise.all(Array.from({ length: 50 }, () => limiter.hit('k', 20, WINDOW_MS)));
      expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(20);
    });
  });
};
