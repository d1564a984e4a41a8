import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readModels } from '../../projections/read-models.js';
import { AlarmCounter } from '../../src/platform/observability/alarms.port.js';
import { RedisFanout } from '../../src/platform/redis/redis-fanout.js';
import { CallCenter } from '../support/call-center.js';
import { EventSource, onlyPushed } from '../support/event-source.js';
import { redisIsInstalled, removeRedisFolder, startRedis } from '../support/redis-server.js';

// A loaded machine takes its time; nothing here is timed.
jest.setTimeout(60_000);

const SALES = '+4930555010';

// Where no redis-server is installed it is reported as skipped.
(redisIsInstalled ? describe : describe.skip)('a board whose read model another process keeps', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let center: CallCenter;
  const connections: Redis[] = [];
  const alarms = new AlarmCounter();

  /** As a process of its own has it. */
  const fanoutOf = (origin: string): RedisFanout => {
    const [publisher, subscriber] = [new Redis(redis.url), new Redis(redis.url)];
    connections.push(publisher, subscriber);
    return new RedisFanout(publisher, subscriber, origin, alarms);
  };

  beforeAll(async () => {
    redis = await startRedis();
    const [worker, api] = [fanoutOf('worker'), fanoutOf('api')];
    center = await CallCenter.start({ projections: readModels, engine: { fanout: worker }, change: (parts) => ({ ...parts, clock: onlyPushed, fanout: api }) });
    await center.queue('sales', SALES);
  });
  afterAll(async () => {
    await center.close();
    for (const connection of connections) connection.disconnect();
    await redis.stop();
    removeRedisFolder(redis.folder);
  });

  it('is told over Redis what changed', async () => {
    const source = await EventSource.open(`${center.url}/v1/live/calls`, await center.keyFor('acme', 'calls:read'));
    await source.next('a snapshot', () => true);
    const line = center.call(SALES);
    await source.next('the call appears', ({ data }) => data.changed?.some(({ callId }: { callId: string }) => callId === line.channelId));
    line.hangUp();
    await source.next('the call is gone', ({ data }) => data.removed?.includes(line.channelId));
    source.close();
    expect([...alarms.counts]).toEqual([]);
  });
});
