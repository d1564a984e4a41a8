import type { EventStore, StoredEvent, SubscriptionMessage } from '../../../src/platform/event-store/event-store.port.js';
import { EventLog } from '../../../src/platform/event-store/event-log.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { AlarmCounter } from '../../../src/platform/observability/alarms.port.js';
import { InMemorySubjectKeys } from '../../../src/platform/privacy/in-memory-subject-keys.js';
import { RestartFrom, type Consumer } from '../../../src/platform/subscriptions/consumer.js';
import { Reader } from '../../../src/platform/subscriptions/reader.js';
import { ManualClock, SeededRandom, settle } from '../../support/manual-clock.js';
import { counted, sample, sampleCatalog, sampleLog } from '../../support/sample-log.js';

const consumer = (name: string, options: Partial<Consumer> & { readonly delay?: () => Promise<void> } = {}) => {
  const seen: bigint[] = [];
  const told: bigint[] = [];
  const made: Consumer = {
    name,
    eventTypes: 'all',
    after: 0n,
    handle: async (events, upTo) => {
      seen.push(...events.map((event) => event.position));
      told.push(upTo);
      await options.delay?.();
    },
    ...options,
  };
  return { consumer: made, seen, told };
};

const upTo = (count: number): bigint[] => Array.from({ length: count }, (_, i) => BigInt(i + 1));

describe('the reader', () => {
  test('catches a consumer up from its position and then follows, each event once and in order', async () => {
    const clock = new ManualClock();
    const { log, write } = sampleLog(clock);
    for (let i = 0; i < 25; i += 1) await write(counted(`e${i}`, `c${i % 3}`));
    const reader = new Reader(log, clock);
    const all = consumer('all', { maxBatch: 10 });
    const late = consumer('late', { after: 20n });
    reader.add(all.consumer);
    await reader.start();
    reader.add(late.consumer);
    for (let i = 25; i < 40; i += 1) await write(counted(`e${i}`, `c${i % 3}`));
    await reader.drained();
    expect(all.seen).toEqual(upTo(40));
    expect(late.seen).toEqual(upTo(40).slice(20));
    expect(reader.status().map(({ mode, position, lagMs }) => ({ mode, position, lagMs }))).toEqual([
      { mode: 'live', position: 40n, lagMs: 0 },
      { mode: 'live', position: 40n, lagMs: 0 },
    ]);
    await reader.stop();
  });

  test('delivers what this process commits in the tick of its commit, and not once more by the subscription', async () => {
    const clock = new ManualClock();
    const gate = gatedStore(new InMemoryEventStore({ clock }));
    const { log } = sampleLog(clock, { store: gate.store });
    const reader = new Reader(log, clock);
    const one = consumer('one');
    reader.add(one.consumer);
    await reader.start();
    await settle();
    const appended: { seenInside?: number } = {};
    log.onCommitted(() => (appended.seenInside = one.seen.length));
    await log.append('counter-a', 'no_stream', [counted('a', 'a'), counted('b', 'a')]);
    expect(appended.seenInside).toBe(2);
    await settle();
    await reader.drained();
    expect(one.seen).toEqual([1n, 2n]);
    expect(gate.brought()).toBe(0);
    await reader.stop();
  });

  test('keeps what is committed here back until what another process wrote before it has come', async () => {
    const clock = new ManualClock();
    const store = new InMemoryEventStore({ clock });
    const gate = gatedStore(store);
    const here = new EventLog(gate.store, sampleCatalog(), new InMemorySubjectKeys());
    const elsewhere = new EventLog(store, sampleCatalog(), new InMemorySubjectKeys());
    const reader = new Reader(here, clock);
    const one = consumer('one');
    reader.add(one.consumer);
    await reader.start();
    await settle();
    gate.close();
    await elsewhere.append('counter-b', 'no_stream', [counted('b', 'b')]);
    await here.append('counter-a', 'no_stream', [counted('a', 'a')]);
    await settle();
    expect(one.seen).toEqual([]);
    gate.open();
    await settle();
    expect(one.seen).toEqual([1n, 2n]);
    await reader.stop();
  });

  test('filters by type, and still tells how far the log has been seen', async () => {
    const clock = new ManualClock();
    const { log, write } = sampleLog(clock);
    const reader = new Reader(log, clock);
    const resets = consumer('resets', { eventTypes: ['Reset'] });
    reader.add(resets.consumer);
    await reader.start();
    await write(counted('a', 'x'), sample('r', 'Reset', { counterId: 'x' }), counted('b', 'x'), counted('c', 'x'));
    expect(await reader.waitFor('resets', 4n, 0)).toBe(true);
    expect(resets.seen).toEqual([2n]);
    expect(resets.told.at(-1)).toBe(2n);
    await clock.advance(250);
    expect(resets.told.at(-1)).toBe(4n);
    await reader.stop();
  });

  test('a slow consumer is detached and reads by itself; the others do not notice, and it misses nothing', async () => {
    const clock = new ManualClock();
    const { log, write } = sampleLog(clock);
    const reader = new Reader(log, clock, new AlarmCounter(), { maxQueued: 8 });
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = consumer('slow', { delay: () => held, maxBatch: 5 });
    const quick = consumer('quick');
    reader.add(slow.consumer);
    reader.add(quick.consumer);
    await reader.start();
    for (let i = 0; i < 60; i += 1) {
      await write(counted(`e${i}`, `c${i}`));
      await clock.advance(10);
    }
    expect(quick.seen).toEqual(upTo(60));
    const status = reader.status().find(({ name }) => name === 'slow');
    expect(status).toMatchObject({ mode: 'catching-up', head: 60n });
    expect(status?.queued).toBeLessThanOrEqual(9);
    expect(status?.lagMs).toBeGreaterThan(500);
    release();
    await reader.drained();
    await settle();
    expect(slow.seen).toEqual(upTo(60));
    expect(reader.status().find(({ name }) => name === 'slow')).toMatchObject({ mode: 'live', position: 60n, lagMs: 0 });
    await reader.stop();
  });

  test('waits for a position, gives up after the time allowed, and refuses unknown consumers', async () => {
    const clock = new ManualClock();
    const { log, write } = sampleLog(clock);
    const reader = new Reader(log, clock);
    reader.add(consumer('one').consumer);
    await reader.start();
    const waiting = reader.waitFor('one', 2n, 1_000);
    const tooLong = reader.waitFor('one', 3n, 1_000);
    await write(counted('a', 'x'), counted('b', 'x'));
    expect(await waiting).toBe(true);
    await clock.advance(1_000);
    expect(await tooLong).toBe(false);
    await expect(reader.waitFor('other', 1n, 1)).rejects.toThrow('no consumer other');
    const open = reader.waitFor('one', 9n, 60_000);
    await Promise.all([expect(open).rejects.toThrow('one was stopped'), reader.stop()]);
    expect(clock.pending).toBe(0);
  });

  test('a consumer whose handler throws ends alone, with an alarm', async () => {
    const clock = new ManualClock();
    const { log, write } = sampleLog(clock);
    const alarms = new AlarmCounter();
    const reader = new Reader(log, clock, alarms);
    reader.add({ name: 'bad', eventTypes: 'all', after: 0n, handle: () => Promise.reject(new Error('broken')) });
    const good = consumer('good');
    reader.add(good.consumer);
    await reader.start();
    await write(counted('a', 'x'), counted('b', 'x'));
    await settle();
    expect(good.seen).toEqual([1n, 2n]);
    expect(alarms.count('consumer-failed')).toBe(1);
    expect(reader.status()[0]).toMatchObject({ name: 'bad', mode: 'failed', position: 0n });
    await expect(reader.waitFor('bad', 1n)).rejects.toThrow('bad has failed: broken');
    await reader.stop();
  });

  test('a handler may ask to go on from another position', async () => {
    const clock = new ManualClock();
    const { log, write } = sampleLog(clock);
    const reader = new Reader(log, clock);
    const seen: bigint[] = [];
    let asked = false;
    reader.add({
      name: 'again',
      eventTypes: 'all',
      after: 0n,
      handle: async (events) => {
        seen.push(...events.map(({ position }) => position));
        if (asked || !seen.includes(4n)) return;
        asked = true;
        throw new RestartFrom(1n);
      },
    });
    await reader.start();
    for (let i = 0; i < 5; i += 1) await write(counted(`e${i}`, 'x'));
    await reader.drained();
    expect(seen).toEqual([1n, 2n, 3n, 4n, 2n, 3n, 4n, 5n]);
    await reader.stop();
  });

  test('an event that cannot be decoded is left out with an alarm', async () => {
    const clock = new ManualClock();
    const store = new InMemoryEventStore({ clock });
    const writer = sampleLog(clock, { store });
    await writer.write(counted('a', 'x'), sample('n', 'Noted', { counterId: 'x', personId: 'p', text: 'hello' }));
    const [, noted] = await store.readAll({ maxCount: 10 });
    const tampered = { ...noted!, id: '0d5b7c0e-1111-4222-8333-444455556666', type: 'Noted', data: { ...(noted!.data as object), text: { $enc: 1, k: (noted!.data as { text: { k: string } }).text.k, v: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' } } };
    await store.append('counter-x', 'any', [tampered]);
    await writer.write(counted('z', 'x'));
    const alarms = new AlarmCounter();
    const reader = new Reader(writer.log, clock, alarms);
    const one = consumer('one');
    reader.add(one.consumer);
    await reader.start();
    await reader.drained();
    expect(one.seen).toEqual([1n, 2n, 4n]);
    expect(alarms.count('event-undecodable')).toBe(1);
    await reader.stop();
  });

  test('whatever the pace of writers and consumers, everybody gets everything once and in order', async () => {
    const seed = 20_261_122;
    const random = new SeededRandom(seed);
    const clock = new ManualClock();
    const store = new InMemoryEventStore({ clock });
    const here = sampleLog(clock, { store });
    const elsewhere = sampleLog(clock, { store });
    const reader = new Reader(here.log, clock, new AlarmCounter(), { maxQueued: 16 });
    const pause = async (): Promise<void> => {
      if (random.next() < 0.5) await new Promise<void>((resolve) => void clock.after(random.below(30), resolve));
    };
    const consumers = [1, 3, 7, 50].map((maxBatch) => consumer(`batch${maxBatch}`, { maxBatch, delay: pause }));
    await reader.start();
    let written = 0;
    for (const one of consumers) {
      for (let i = 0; i < 100; i += 1) {
        await (random.next() < 0.7 ? here : elsewhere).write(counted(`e${(written += 1)}`, `c${written % 5}`));
        if (random.next() < 0.3) await clock.advance(random.below(20));
      }
      reader.add({ ...one.consumer, after: 0n });
    }
    const drained = reader.drained();
    await clock.advance(60_000);
    await drained;
    for (const one of consumers) expect({ seed, seen: one.seen }).toEqual({ seed, seen: upTo(written) });
    await reader.stop();
  });
});

/** A store whose subscription can be held up, and that counts the events which it brought. */
const gatedStore = (inner: EventStore) => {
  let opened: Promise<void> = Promise.resolve();
  let open = (): void => undefined;
  let brought = 0;
  async function* gated(messages: AsyncIterable<SubscriptionMessage>): AsyncGenerator<SubscriptionMessage> {
    for await (const message of messages) {
      await opened;
      if (message.kind === 'events') brought += message.events.length;
      yield message;
    }
  }
  const store: EventStore = {
    densePositions: inner.densePositions,
    logId: () => inner.logId(),
    append: (...args) => inner.append(...args),
    readStream: (...args): Promise<StoredEvent[]> => inner.readStream(...args),
    readAll: (options) => inner.readAll(options),
    subscribeToAll: (options) => gated(inner.subscribeToAll(options)),
    head: () => inner.head(),
    close: () => inner.close(),
  };
  return { store, close: () => void (opened = new Promise((resolve) => (open = resolve))), open: () => open(), brought: () => brought };
};

