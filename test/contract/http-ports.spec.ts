import { afterAll, beforeAll, describe } from '@jest/globals';
import { InProcessFanout } from '../../src/platform/http/live-fanout.port.js';
import { InProcessRateLimiter } from '../../src/platform/http/rate-limit.port.js';
import { AlarmCounter } from '../../src/platform/observability/alarms.port.js';
import { openRedis, type RedisParts } from '../../src/platform/redis/redis.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { redisIsInstalled, removeRedisFolder, startRedis } from '../support/redis-server.js';
import { liveFanoutContract } from './live-fanout.contract.js';
import { rateLimiterContract } from './rate-limiter.contract.js';

const clockAt = (ms: number): ManualClock => new ManualClock(ms);

rateLimiterContract('in-process', async (clock) => new InProcessRateLimiter(clock), clockAt);

const inProcess = new InProcessFanout();
liveFanoutContract('in-process', async () => [inProcess, inProcess]);

// Where no redis-server is installed these are reported as skipped.
(redisIsInstalled ? describe : describe.skip)('on a real Redis', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  const opened: RedisParts[] = [];
  const open = async (clock: ManualClock): Promise<RedisParts> => {
    // Keys of one test are not those of another.
    const parts = openRedis(redis.url, { clock, random: systemRandom, alarms: new AlarmCounter() });
    opened.push(parts);
    let ready = false;
    await eventually(() => {
      void parts.readiness.problem().then((problem) => (ready = problem === undefined), () => undefined);
      return ready;
    });
    return parts;
  };
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    await Promise.all(opened.map((parts) => parts.close()));
    await redis.stop();
    removeRedisFolder(redis.folder);
  });

  let empty = 0;
  rateLimiterContract(
    'Redis',
    async (clock) => {
      const { rateLimiter } = await open(clock);
      empty += 1;
      const prefix = `${empty}/`;
      return { hit: (key, limit, windowMs) => rateLimiter.hit(prefix + key, limit, windowMs) };
    },
    clockAt,
  );
  liveFanoutContract('Redis', async () => [(await open(new ManualClock())).fanout, (await open(new ManualClock())).fanout]);
});
