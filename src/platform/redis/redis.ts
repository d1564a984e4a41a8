import { Redis } from 'ioredis';
import type { Clock, Random } from '../../kernel/clock.js';
import { InProcessRateLimiter, type RateLimiter } from '../http/rate-limit.port.js';
import type { LiveFanout } from '../http/live-fanout.port.js';
import type { ReadinessCheck } from '../http/readiness.port.js';
import type { Alarms } from '../observability/alarms.port.js';
import { RedisFanout } from './redis-fanout.js';
import { RedisRateLimiter } from './redis-rate-limiter.js';

export interface RedisParts {
  readonly rateLimiter: RateLimiter;
  readonly fanout: LiveFanout;
  readonly readiness: ReadinessCheck;
  close(): Promise<void>;
}

const COMMAND_TIMEOUT_MS = 1_000;
const MAX_RETRY_MS = 2_000;

/** What several processes share through Redis. Connects by itself, again and again; nothing waits for it. */
export const openRedis = (url: string, { clock, random, alarms }: { readonly clock: Clock; readonly random: Random; readonly alarms: Alarms }): RedisParts => {
  let told = false;
  const connect = (subscribes: boolean): Redis => {
    const redis = new Redis(url, {
      ...(subscribes ? {} : { commandTimeout: COMMAND_TIMEOUT_MS }),
      connectTimeout: COMMAND_TIMEOUT_MS,
      maxRetriesPerRequest: null,
      // A subscription waits for the connection; a count or a message is worth nothing later.
      enableOfflineQueue: subscribes,
      retryStrategy: (times) => Math.min(MAX_RETRY_MS, 50 * 2 ** Math.min(times, 6)),
    });
    redis.on('error', (error: Error) => {
      if (!told) alarms.raise({ code: 'redis-away', message: 'Redis cannot be reached; the connection is tried again', error });
      told = true;
    });
    redis.on('ready', () => (told = false));
    return redis;
  };
  const commands = connect(false);
  const subscriber = connect(true);
  const fanout = new RedisFanout(commands, subscriber, random.uuid(), alarms);
  return {
    rateLimiter: new RedisRateLimiter(commands, clock, new InProcessRateLimiter(clock), alarms),
    fanout,
    readiness: { name: 'redis', failure: 'redis-away', problem: async () => ((await commands.ping()) === 'PONG' ? undefined : { code: 'redis-away', reason: 'Redis does not answer PING' }) },
    close: async () => {
      await fanout.close();
      commands.disconnect();
      subscriber.disconnect();
    },
  };
};
