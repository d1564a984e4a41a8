import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { MeteredEventStore } from '../../../src/platform/event-store/metered.event-store.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { Distribution } from '../../../src/platform/observability/distribution.js';
import { counter, distribution, gauge, serveMeasures } from '../../../src/platform/observability/measures.js';
import { InMemoryLeases, InMemoryLeaseTable } from '../../../src/platform/subscriptions/in-memory-leases.js';
import { LeaseBook } from '../../../src/platform/subscriptions/lease-book.js';
import { ManualClock } from '../../support/manual-clock.js';
import { sampleMetadata } from '../../support/sample-log.js';

describe('figures', () => {
  it('are asked for at each scrape and never in between, and what is gone is not told any more', async () => {
    const registry = new Registry();
    let asked = 0;
    let queues = ['a', 'b"\n'];
    const sizes = new Distribution([1, 10]);
    serveMeasures(registry, [
      gauge('trunkline_depth', 'what waits', ['queue'], () => {
        asked += 1;
        return queues.map((queue, index) => [index + 1, queue]);
      }),
      counter('trunkline_done_total', 'what is done', [], () => [[7]]),
      distribution('trunkline_size', 'how large', () => sizes),
    ]);
    expect(asked).toBe(0);
    for (const size of [1, 1, 5, 10, 99]) sizes.add(size);
    const text = await registry.metrics();
    expect(asked).toBe(1);
    expect(text).toContain('trunkline_depth{queue="a"} 1\ntrunkline_depth{queue="b\\"\\n"} 2');
    expect(text).toContain('trunkline_done_total 7');
    expect(text).toContain('trunkline_size_bucket{le="1"} 2\ntrunkline_size_bucket{le="10"} 4\ntrunkline_size_bucket{le="+Inf"} 5\ntrunkline_size_sum 116\ntrunkline_size_count 5');
    queues = ['c'];
    expect(await registry.metrics()).not.toContain('queue="a"');
    expect(await registry.metrics()).toContain('trunkline_done_total 7');
  });

  it('of appends tell time, size, conflicts and outages, and the store does all else as before', async () => {
    const clock = new ManualClock();
    let now = 0;
    const inner = new InMemoryEventStore({ clock });
    const store = new MeteredEventStore(inner, () => (now += 20));
    const event = (id: string) => ({ id: `00000000-0000-4000-8000-00000000000${id}`, type: 'Counted', schemaVersion: 1, data: { counterId: 'c', by: 1 }, metadata: sampleMetadata(id) });
    await store.append('counter-c', 'no_stream', [event('1'), event('2')]);
    await expect(store.append('counter-c', 'no_stream', [event('3')])).rejects.toThrow();
    expect(store.appends).toMatchObject({ conflicts: 1, unavailable: 0, seconds: { count: 2, sum: 0.04 }, events: { count: 1, sum: 2 } });
    expect([await store.head(), await store.logId(), store.densePositions]).toEqual([await inner.head(), await inner.logId(), inner.densePositions]);
    expect((await store.readStream('counter-c')).length).toBe(2);
    expect(typeof store.appendTogether).toBe(typeof (inner as { appendTogether?: unknown }).appendTogether);
  });

  it('of leases tell which are held, since when, and how often they were lost', async () => {
    const clock = new ManualClock();
    const shared = new InMemoryLeases(clock, new InMemoryLeaseTable(clock));
    const [book, other] = [new LeaseBook(shared, clock), new LeaseBook(shared, clock)];
    const lease = await book.acquire('router', 'one');
    expect(await other.acquire('router', 'two')).toBeUndefined();
    expect(book.figures()).toEqual([{ name: 'router', held: true, epoch: 1n, since: clock.now(), lost: 0 }]);
    expect(other.figures()).toEqual([{ name: 'router', held: false, epoch: 0n, since: undefined, lost: 0 }]);
    await lease?.release();
    await other.acquire('router', 'two');
    expect([book.figures()[0]?.held, book.figures()[0]?.lost, other.figures()[0]?.epoch]).toEqual([false, 0, 2n]);
  });
});
