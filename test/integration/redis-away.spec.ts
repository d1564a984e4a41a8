import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Json } from '../../src/kernel/event.js';
import { AlarmCounter } from '../../src/platform/observability/alarms.port.js';
import { openRedis } from '../../src/platform/redis/redis.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { redisIsInstalled, removeRedisFolder, startRedis } from '../support/redis-server.js';

const MINUTE_MS = 60_000;

describe('while Redis is away', () => {
  it('each process counts for itself and its own watchers hear its changes, with one alarm each', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-no-redis-'));
    const alarms = new AlarmCounter();
    const { rateLimiter, fanout, readiness, close } = openRedis(join(folder, 'redis.sock'), { clock: new ManualClock(), random: systemRandom, alarms });
    const heard: Json[] = [];
    fanout.subscribe('t', (message) => heard.push(message));
    fanout.publish('t', 1);
    fanout.publish('t', 2);
    expect(heard).toEqual([1, 2]);
    expect((await rateLimiter.hit('k', 1, MINUTE_MS)).allowed).toBe(true);
    expect((await rateLimiter.hit('k', 1, MINUTE_MS)).allowed).toBe(false);
    await expect(readiness.problem()).rejects.toThrow();
    await eventually(() => alarms.count('redis-away') === 1 && alarms.count('live-fanout-away') === 1);
    expect(alarms.count('rate-limit-store-away')).toBe(1);
    await close();
    removeRedisFolder(folder);
  });

  (redisIsInstalled ? it : it.skip)('comes back, and is used again without a restart, subscriptions included', async () => {
    const first = await startRedis();
    const [a, b] = [0, 1].map(() => openRedis(first.url, { clock: new ManualClock(), random: systemRandom, alarms: new AlarmCounter() }));
    const heard: Json[] = [];
    b!.fanout.subscribe('t', (message) => heard.push(message));
    const hears = async (message: Json, topic = 't'): Promise<void> =>
      eventually(() => {
        a!.fanout.publish(topic, message);
        return heard.includes(message);
      });
    await hears('before');
    await first.stop();
    a!.fanout.publish('t', 'lost');
    b!.fanout.subscribe('made meanwhile', (message) => heard.push(message));
    const second = await startRedis(first.folder);
    await hears('after');
    await hears('later', 'made meanwhile');
    expect(heard).not.toContain('lost');
    let ready = false;
    await eventually(() => {
      void b!.readiness.problem().then((problem) => (ready = problem === undefined), () => undefined);
      return ready;
    });
    await a!.rateLimiter.hit('shared', 2, MINUTE_MS);
    await b!.rateLimiter.hit('shared', 2, MINUTE_MS);
    expect((await a!.rateLimiter.hit('shared', 2, MINUTE_MS)).allowed).toBe(false);
    await Promise.all([a!.close(), b!.close()]);
    await second.stop();
    removeRedisFolder(second.folder);
  });
});
