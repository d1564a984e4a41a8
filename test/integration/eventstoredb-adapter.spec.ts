import { EventStoreDBClient } from '@eventstore/db-client';
import { status } from '@grpc/grpc-js';
import { jest } from '@jest/globals';
import { sleep } from '../../src/kernel/clock.js';
import { EventStoreUnavailable, StreamDeleted, type EventFilter, type StoredEvent } from '../../src/platform/event-store/event-store.port.js';
import { EventStoreAccessDenied, ForeignEvent, UnknownPosition } from '../../src/platform/event-store/eventstoredb/errors.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { freshStream, idsOf, newEvent, newEvents, Tail } from '../contract/event-store/fixtures.js';
import type { EventStoreStandIn } from '../support/eventstoredb-stand-in.js';
import { adaptersUnderTest, eventually } from '../support/eventstoredb/adapter-under-test.js';
import { StandInLog } from '../support/eventstoredb/stand-in-log.js';

// Requirements 1, 9, 11 and 12 concern appends and are in eventstoredb-appends.spec.ts.

const { standIn: startStandIn, store: storeOf, closeAll } = adaptersUnderTest();
jest.setTimeout(60_000);
const tails: Tail[] = [];
const tailOf = (...args: ConstructorParameters<typeof Tail>): Tail => {
  const tail = new Tail(...args);
  tails.push(tail);
  return tail;
};
afterEach(async () => {
  await Promise.all(tails.splice(0).map((tail) => tail.stop()));
  await closeAll();
});

const noOpenReads = (standIn: EventStoreStandIn): Promise<void> => eventually('no read is open', () => standIn.openReads === 0);

describe('requirement 2: reads', () => {
  test('a read without an answer ends after our own time, and its call is cancelled', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn, { readTimeoutMs: 100, retryForMs: 300 });
    standIn.faults.readsNeverAnswer = true;
    await expect(store.readStream(freshStream())).rejects.toThrow(EventStoreUnavailable);
    await expect(store.readAll({ maxCount: 1 })).rejects.toThrow(/no answer|not done/);
    await expect(store.head()).rejects.toThrow(EventStoreUnavailable);
    await noOpenReads(standIn);
    standIn.faults.readsNeverAnswer = false;
    expect(await store.head()).toBe(0n);
  });

  test('a read that is left before its end is cancelled on the server', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn);
    const stream = freshStream();
    for (let i = 0; i < 4; i++) await store.append(stream, 'any', newEvents(250, { data: { text: 'x'.repeat(1_000) } }));
    const [first] = await store.readStream(stream, { maxCount: 1 });
    if (first === undefined) throw new Error('nothing was written');
    expect(await store.readAll({ maxCount: 10_000, upTo: first.position })).toEqual([first]);
    expect(await store.readAll({ maxCount: 2, filter: { streamPrefixes: ['contract-'] } })).toHaveLength(2);
    await noOpenReads(standIn);
  });

  test('reads long streams and logs in pages, and a page that fails is read again', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn, { pageSize: 50 });
    const stream = freshStream();
    const events = newEvents(180);
    await store.append(stream, 'no_stream', events);
    standIn.faults.nextReads(status.UNAVAILABLE, status.ABORTED, status.CANCELLED);
    expect(idsOf(await store.readStream(stream))).toEqual(idsOf(events));
    standIn.faults.nextReads(status.UNKNOWN, status.INTERNAL, status.DEADLINE_EXCEEDED);
    expect(idsOf(await store.readAll({ maxCount: 1_000 }))).toEqual(idsOf(events));
    expect(idsOf(await store.readStream(stream, { direction: 'backwards' }))).toEqual(idsOf(events).reverse());
    await noOpenReads(standIn);
  });

  test('no stream is an empty one, a deleted one is an error, and a server that is away is waited for', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn);
    const stream = freshStream();
    expect(await store.readStream(stream)).toEqual([]);
    standIn.log.tombstone(stream, 'any');
    await expect(store.readStream(stream)).rejects.toThrow(StreamDeleted);
    await standIn.stop();
    const read = store.head();
    await sleep(systemClock, 150);
    await standIn.restart();
    expect(await read).toBe(0n);
  });

  test('only our own events come out, and a foreign one in a stream of ours is an error', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn);
    const stream = freshStream();
    await store.logId();
    expect(await store.head()).toBe(0n);
    const events = newEvents(2);
    standIn.log.foreign('other-1', 'TheirEvent', { n: 1 });
    const { position } = await store.append(stream, 'no_stream', events);
    standIn.log.foreign(stream, 'TheirEvent', { n: 2 });
    standIn.log.foreign('other-2', 'Binary', 'not json', 'application/octet-stream');
    standIn.log.statistics();
    expect(idsOf(await store.readAll({ maxCount: 100 }))).toEqual(idsOf(events));
    expect(await store.head()).toBe(position);
    expect(await store.readStream('log-identity')).toEqual([]);
    await expect(store.readStream(stream)).rejects.toThrow(ForeignEvent);
    const tail = tailOf(store, 0n);
    await tail.until(({ hasCaughtUp }) => hasCaughtUp);
    expect(idsOf(tail.events)).toEqual(idsOf(events));
  });

  test('a position that is none is refused, not tried again for ever', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn);
    const { position } = await store.append(freshStream(), 'no_stream', newEvents(2));
    await expect(store.readAll({ after: position + 1n, maxCount: 1 })).rejects.toThrow(UnknownPosition);
    const wrong = store.subscribeToAll({ after: position + 1n, signal: new AbortController().signal });
    await expect(wrong[Symbol.asyncIterator]().next()).rejects.toThrow(UnknownPosition);
  });

  test("recordedAt does not go back where the server's clock does", async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn);
    const stream = freshStream();
    for (const offset of [0, -60_000, 5, -10]) {
      standIn.log.clockOffsetMs = offset;
      await store.append(stream, 'any', newEvents(1));
    }
    const tail = tailOf(store, 0n);
    await tail.until(({ events }) => events.length === 4);
    for (const read of [await store.readStream(stream), await store.readAll({ maxCount: 10 }), tail.events]) {
      const times = read.map(({ recordedAt }) => recordedAt);
      expect(times).toEqual([...times].sort());
      expect(new Set(times).size).toBeLessThan(4);
    }
  });
});

describe('requirement 3: subscriptions are made anew, and no event is lost or doubled', () => {
  test.each<[string, (standIn: EventStoreStandIn) => Promise<void> | void]>([
    ['ends without an error', (standIn) => standIn.subscriptions[0]?.endCleanly()],
    ['is aborted', (standIn) => standIn.subscriptions[0]?.fail(status.ABORTED, 'Operation timed out: Consumer too slow')],
    ['becomes unavailable', (standIn) => standIn.subscriptions[0]?.fail(status.UNAVAILABLE, 'Server Is Not Ready')],
    ['is cancelled', (standIn) => standIn.subscriptions[0]?.fail(status.CANCELLED, 'shutting down')],
    ['fails for an unknown reason', (standIn) => standIn.subscriptions[0]?.fail(status.UNKNOWN, 'something')],
    ['goes with the server, which restarts', (standIn) => standIn.restart()],
    [
      'ends, and the next one begins with what was there already',
      (standIn) => {
        standIn.faults.resends = 5;
        standIn.subscriptions[0]?.endCleanly();
      },
    ],
  ])('where it %s', async (_what, lose) => {
    const standIn = await startStandIn();
    const troubles: unknown[] = [];
    const store = storeOf(standIn, { onTrouble: (error) => void troubles.push(error) });
    const stream = freshStream();
    const filter: EventFilter = { streamPrefixes: [stream] };
    const [filtered, all] = [tailOf(store, 0n, filter), tailOf(store, 0n)];
    const written: string[] = [];
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 5; i++) {
        const events = newEvents(7);
        await store.append(stream, 'any', events);
        written.push(...idsOf(events));
      }
      await lose(standIn);
    }
    for (const tail of [filtered, all]) {
      await tail.until(({ events }) => events.length >= written.length);
      expect(idsOf(tail.events)).toEqual(written);
    }
    expect(troubles.length).toBeGreaterThan(0);
  });

  test('refused access ends it with an error that says so', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn);
    standIn.faults.nextReads(status.PERMISSION_DENIED);
    const subscription = store.subscribeToAll({ after: 0n, signal: new AbortController().signal });
    await expect(subscription[Symbol.asyncIterator]().next()).rejects.toThrow(EventStoreAccessDenied);
  });

  test('leaving it in the middle, by a break or a throw, closes the call', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn);
    for (let i = 0; i < 3; i++) await store.append(freshStream(), 'any', newEvents(300));
    const { signal } = new AbortController();
    for await (const message of store.subscribeToAll({ after: 0n, signal })) if (message.kind === 'events') break;
    const thrown = (async () => {
      for await (const message of store.subscribeToAll({ after: 0n, signal })) throw new Error(message.kind);
    })();
    await expect(thrown).rejects.toThrow('events');
    await noOpenReads(standIn);
  });
});

describe('requirement 4: a checkpoint is never ahead of the handler', () => {
  test('with a slow handler and few matching events', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn);
    const stream = freshStream('wanted');
    const write = async (): Promise<void> => {
      for (let i = 0; i < 30; i++) {
        await store.append(freshStream('noise'), 'any', newEvents(20));
        await store.append(stream, 'any', newEvents(1));
      }
    };
    await write();
    const writing = write();
    const handled: StoredEvent[] = [];
    let checkpoints = 0;
    let last = 0n;
    for await (const message of store.subscribeToAll({ after: 0n, filter: { streamPrefixes: [stream] }, signal: new AbortController().signal })) {
      if (message.kind === 'events') {
        await sleep(systemClock, 3);
        for (const event of message.events) expect(event.position > last).toBe(true);
        handled.push(...message.events);
        last = handled.at(-1)?.position ?? last;
      } else if (message.kind === 'checkpoint') {
        checkpoints++;
        expect(message.position > last).toBe(true);
        last = message.position;
        const due = standIn.log.entries.filter((entry) => entry.stream === stream && entry.position <= message.position);
        expect(idsOf(handled)).toEqual(idsOf(due));
      }
      if (handled.length === 60) break;
    }
    await writing;
    expect(checkpoints).toBeGreaterThan(3);
  });
});

describe('requirement 5: a slow handler holds back the server', () => {
  test.each([false, true])('which falls back to catching up, or throws the reader out: %s', async (abortsSlowConsumers) => {
    const standIn = await startStandIn();
    standIn.faults.abortsSlowConsumers = abortsSlowConsumers;
    const troubles: unknown[] = [];
    const store = storeOf(standIn, { onTrouble: (error) => void troubles.push(error) });
    const stream = freshStream();
    const written: string[] = [];
    const handled: string[] = [];
    let sentWhileWaiting = 0;
    for await (const message of store.subscribeToAll({ after: 0n, signal: new AbortController().signal })) {
      if (message.kind === 'caughtUp' && written.length === 0) {
        for (let i = 0; i < 40; i++) {
          const events = newEvents(100, { data: { text: 'x'.repeat(500) } });
          await store.append(stream, 'any', events);
          written.push(...idsOf(events));
        }
        sentWhileWaiting = standIn.subscriptions[0]?.sent ?? 0;
      }
      if (message.kind === 'events') handled.push(...idsOf(message.events));
      if (handled.length >= 4_000) break;
    }
    expect(sentWhileWaiting).toBeLessThan(1_500);
    expect(handled).toEqual(written);
    expect(troubles.map(String).some((trouble) => /too slow/.test(trouble))).toBe(abortsSlowConsumers);
  });
});

describe('requirement 6: caught up', () => {
  test('comes again after a subscription was made anew', async () => {
    const standIn = await startStandIn();
    const tail = tailOf(storeOf(standIn), 0n);
    const times = (): number => tail.messages.filter(({ kind }) => kind === 'caughtUp').length;
    await tail.until(({ hasCaughtUp }) => hasCaughtUp);
    standIn.subscriptions[0]?.endCleanly();
    await tail.until(() => times() >= 2);
  });

  test.each<[string, EventFilter | undefined]>([
    ['all events', undefined],
    ['few of them', { types: ['Rare'] }],
    ['none of them', { types: ['Never'] }],
  ])('is found out where the server does not say it, reading %s', async (_what, filter) => {
    const standIn = await startStandIn();
    standIn.faults.saysCaughtUp = false;
    const store = storeOf(standIn);
    await store.append(freshStream(), 'any', [...newEvents(50), newEvent({ type: 'Rare' })]);
    const tail = tailOf(store, 0n, filter);
    await tail.until(({ hasCaughtUp }) => hasCaughtUp);
    expect(tail.events).toHaveLength(filter === undefined ? 51 : filter.types?.[0] === 'Rare' ? 1 : 0);
  });

  test('is found out on a log that never rests', async () => {
    const standIn = await startStandIn();
    standIn.faults.saysCaughtUp = false;
    const store = storeOf(standIn);
    const stream = freshStream();
    const tail = tailOf(store, 0n);
    while (!tail.hasCaughtUp) await store.append(stream, 'any', newEvents(1));
  });
});

describe('requirement 7: liveness', () => {
  test('a subscription that fell silent is noticed and made anew', async () => {
    const standIn = await startStandIn();
    const troubles: unknown[] = [];
    const store = storeOf(standIn, { onTrouble: (error) => void troubles.push(error) });
    const stream = freshStream();
    const tail = tailOf(store, 0n, { streamPrefixes: [stream] });
    await tail.until(({ hasCaughtUp }) => hasCaughtUp);
    standIn.subscriptions[0]?.mute();
    const events = newEvents(3);
    await store.append(stream, 'no_stream', events);
    await tail.until((seen) => seen.events.length === 3);
    expect(idsOf(tail.events)).toEqual(idsOf(events));
    expect(troubles.map(String)).toContainEqual(expect.stringMatching(/silent although the log went on/));
  });

  test('a subscription that never begins is noticed too', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn);
    await store.append(freshStream(), 'no_stream', newEvents(3));
    standIn.faults.mutesSubscriptions = true;
    const tail = tailOf(store, 0n);
    await eventually('there is a subscription', () => standIn.subscriptions.length === 1);
    standIn.faults.mutesSubscriptions = false;
    await tail.until(({ events }) => events.length === 3);
  });

  test('one that is only quiet is left alone', async () => {
    const standIn = await startStandIn();
    const troubles: unknown[] = [];
    const store = storeOf(standIn, { livenessMs: 20, onTrouble: (error) => void troubles.push(error) });
    const tail = tailOf(store, 0n, { types: ['Never'] });
    await tail.until(({ hasCaughtUp }) => hasCaughtUp);
    await store.append(freshStream(), 'any', newEvents(10));
    await sleep(systemClock, 300);
    expect(troubles).toEqual([]);
    expect(standIn.subscriptions).toHaveLength(1);
  });
});

describe('requirement 8: positions and revisions are exact beyond 2^53', () => {
  test('in results, reads, subscriptions and when resuming', async () => {
    const standIn = await startStandIn(new StandInLog(2n ** 62n + 1n));
    const store = storeOf(standIn);
    const stream = freshStream();
    const { position } = await store.append(stream, 'no_stream', newEvents(2));
    const [first, second] = await store.readAll({ maxCount: 5 });
    expect(position).toBe(second?.position);
    expect(position > 2n ** 62n).toBe(true);
    expect(await store.head()).toBe(position);
    expect(await store.readAll({ after: first?.position ?? 0n, maxCount: 5 })).toEqual([second]);
    const tail = tailOf(store, first?.position ?? 0n);
    await tail.until(({ events }) => events.length === 1);
    expect(tail.events).toEqual([second]);
  });
});

describe('requirement 10: a stream that an operator deleted', () => {
  test('reads as empty and lives on, numbered on', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn);
    const stream = freshStream();
    await store.append(stream, 'no_stream', newEvents(3));
    const operator = EventStoreDBClient.connectionString(standIn.connectionString);
    await operator.deleteStream(stream);
    expect(await store.readStream(stream)).toEqual([]);
    expect(await store.append(stream, 'no_stream', [])).toEqual({ revision: -1n, position: 0n });
    const revived = newEvents(2);
    expect((await store.append(stream, 'no_stream', revived)).revision).toBe(4n);
    const stored = await store.readStream(stream);
    expect(stored.map(({ id, revision }) => [id, revision])).toEqual([
      [revived[0]?.id, 3n],
      [revived[1]?.id, 4n],
    ]);
    await operator.dispose();
  });
});
