import type { Redis } from 'ioredis';
import type { Clock } from '../../kernel/clock.js';
import { type RateLimiter, type RateVerdict, verdictOf } from '../http/rate-limit.port.js';
import type { Alarms } from '../observability/alarms.port.js';

/**
 * Counts in Redis, for all processes together. While Redis is away each process counts for itself:
 * a limit that is too generous for a while is better than calls that nobody can control.
 */
export class RedisRateLimiter implements RateLimiter {
  private away = false;

  constructor(
    private readonly redis: Redis,
    private readonly clock: Clock,
    private readonly meanwhile: RateLimiter,
    private readonly alarms: Alarms,
  ) {}

  async hit(key: string, limit: number, windowMs: number): Promise<RateVerdict> {
    const now = this.clock.now();
    const name = `trunkline:rate:${windowMs}:${Math.floor(now / windowMs)}:${key}`;
    try {
      // The expiry outlives the window, so that a clock that is a little behind still finds the count.
      const [counted] = (await this.redis.multi().incr(name).pexpire(name, windowMs * 2).exec()) ?? [];
      const [error, count] = counted ?? [new Error('Redis carried out nothing'), undefined];
      if (error !== null) throw error;
      this.away = false;
      return verdictOf(Number(count), limit, windowMs, now);
    } catch (error) {
      if (!this.away) this.alarms.raise({ code: 'rate-limit-store-away', message: 'Redis does not count requests; each process counts for itself meanwhile', error });
      this.away = true;
      return this.meanwhile.hit(key, limit, windowMs);
    }
  }
}
