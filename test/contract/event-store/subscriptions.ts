import { EventStoreUnavailable, type StoredEvent } from '../../../src/platform/event-store/event-store.port.js';
import { freshStream, idsOf, newEvents, readOn, Tail, type CurrentStore, type StoreUnderTest } from './fixtures.js';

export const subscriptionContract = (current: CurrentStore): void => {
  describe('subscribeToAll', () => {
    const tails: Tail[] = [];
    const tail = (...args: ConstructorParameters<typeof Tail>): Tail => {
      const started = new Tail(...args);
      tails.push(started);
      return started;
    };
    afterEach(async () => {
      await Promise.all(tails.splice(0).map((started) => started.stop()));
    });

    test('delivers what was there, says that it caught up, and follows', async () => {
      const { store } = current();
      const stream = freshStream();
      const before = await store.head();
      const [old, live] = [newEvents(3), newEvents(4)];
      await store.append(stream, 'no_stream', old);
      const reader = tail(store, before, { streamPrefixes: [stream] });
      await reader.until(({ hasCaughtUp }) => hasCaughtUp);
      expect(idsOf(reader.events)).toEqual(idsOf(old));
      await store.append(stream, 2n, live.slice(0, 1));
      await store.append(stream, 3n, live.slice(1));
      await reader.until(({ events }) => events.length >= 7);
      expect(reader.events).toEqual(await store.readStream(stream));
    });

    test('delivers only what comes after the position, in batches that are never empty', async () => {
      const { store } = current();
      const stream = freshStream();
      const before = await store.head();
      await store.append(stream, 'no_stream', newEvents(40));
      const log = await readOn(store, before);
      for (const i of [0, 20, 39]) {
        const reader = tail(store, log[i]?.position ?? 0n);
        await reader.until(({ hasCaughtUp }) => hasCaughtUp);
        expect(idsOf(reader.events).slice(0, log.length - i - 1)).toEqual(idsOf(log.slice(i + 1)));
        expect(reader.messages.every((message) => message.kind !== 'events' || message.events.length > 0)).toBe(true);
      }
    });

    test('filters, and its checkpoints pass over what the filter hides', async () => {
      const { store } = current();
      const [shown, hidden] = [freshStream('shown'), freshStream('hidden')];
      const before = await store.head();
      const filter = { streamPrefixes: [shown], types: ['Wanted'] };
      const reader = tail(store, before, filter);
      const wanted = newEvents(2, { type: 'Wanted' });
      await store.append(shown, 'no_stream', [...newEvents(1), ...wanted.slice(0, 1)]);
      await store.append(hidden, 'no_stream', newEvents(3, { type: 'Wanted' }));
      for (let i = 0; i < 4; i++) await store.append(hidden, 'any', newEvents(500));
      await reader.until(({ events, checkpoint }) => events.length === 1 && checkpoint > (events[0]?.position ?? 0n));
      const { checkpoint } = reader;
      await reader.stop();
      await store.append(shown, 1n, wanted.slice(1));
      const resumed = tail(store, checkpoint, filter);
      await resumed.until(({ events }) => events.length > 0);
      expect(idsOf([...reader.events, ...resumed.events])).toEqual(idsOf(wanted));
    });

    test('several subscriptions see the same', async () => {
      const { store } = current();
      const stream = freshStream();
      const before = await store.head();
      const readers = [tail(store, before, { streamPrefixes: [stream] }), tail(store, before, { streamPrefixes: [stream] })];
      const events = newEvents(30);
      for (const [i, event] of events.entries()) await store.append(stream, i === 0 ? 'no_stream' : BigInt(i - 1), [event]);
      for (const reader of readers) {
        await reader.until((seen) => seen.events.length >= events.length);
        expect(idsOf(reader.events)).toEqual(idsOf(events));
      }
    });

    test('waits for a reader that is slower than the writer', async () => {
      const { store } = current();
      const stream = freshStream();
      const abort = new AbortController();
      const subscription = store.subscribeToAll({ after: await store.head(), filter: { streamPrefixes: [stream] }, signal: abort.signal });
      const seen: StoredEvent[] = [];
      const written: string[] = [];
      const write = async (): Promise<void> => {
        const events = newEvents(60);
        await store.append(stream, 'any', events);
        written.push(...idsOf(events));
      };
      await write();
      for await (const message of subscription) {
        if (message.kind !== 'events') continue;
        seen.push(...message.events);
        if (written.length < 1_200) for (let i = 0; i < 3; i++) await write();
        if (seen.length >= written.length) break;
      }
      abort.abort();
      expect(idsOf(seen)).toEqual(written);
    });

    test('a signal ends it without an error: before it starts, while it waits, and between messages', async () => {
      const { store } = current();
      const head = await store.head();
      const early = new AbortController();
      early.abort();
      for await (const message of store.subscribeToAll({ after: 0n, signal: early.signal })) throw new Error(`got ${message.kind}`);
      const idle = tail(store, head, { streamPrefixes: [freshStream()] });
      await idle.until(({ hasCaughtUp }) => hasCaughtUp);
      await idle.stop();
      await store.append(freshStream(), 'any', newEvents(2));
      const between = new AbortController();
      const kinds: string[] = [];
      for await (const message of store.subscribeToAll({ after: head, signal: between.signal })) {
        kinds.push(message.kind);
        between.abort();
      }
      expect(kinds).toHaveLength(1);
    });

    test('after a crash between handling and checkpoint, exactly what was not checkpointed comes again', async () => {
      const { store } = current();
      const stream = freshStream();
      const start = await store.head();
      const events = newEvents(25);
      for (let i = 0; i < events.length; i += 5) await store.append(stream, 'any', events.slice(i, i + 5));
      const filter = { streamPrefixes: [stream] };

      let checkpoint = start;
      const handled: string[] = [];
      const crashed = new AbortController();
      reading: for await (const message of store.subscribeToAll({ after: start, filter, signal: crashed.signal })) {
        if (message.kind !== 'events') continue;
        for (const event of message.events) {
          handled.push(event.id);
          if (handled.length === 17) break reading;
          if (handled.length % 4 === 0) checkpoint = event.position;
        }
      }
      crashed.abort();
      expect(handled).toEqual(idsOf(events.slice(0, 17)));

      const resumed = tail(store, checkpoint, filter);
      await resumed.until((seen) => seen.hasCaughtUp && seen.events.length >= 9);
      expect(idsOf(resumed.events)).toEqual(idsOf(events.slice(16)));
    });
  });
};

/** What happens at the end of a store's life; it takes one store of its own. */
export const closeContract = (factory: () => Promise<StoreUnderTest>): void => {
  test('close lets appends finish, ends subscriptions, and refuses what comes later', async () => {
    const { store, dispose } = await factory();
    const stream = freshStream();
    const reader = new Tail(store, await store.head());
    await reader.until(({ hasCaughtUp }) => hasCaughtUp);
    const running = store.append(stream, 'no_stream', newEvents(2));
    await store.close();
    expect((await running).revision).toBe(1n);
    await reader.until((tail) => tail.hasEnded);
    await reader.stop();
    await expect(store.append(stream, 1n, newEvents(1))).rejects.toThrow(EventStoreUnavailable);
    await expect(store.readStream(stream)).rejects.toThrow(EventStoreUnavailable);
    await expect(store.head()).rejects.toThrow(EventStoreUnavailable);
    await store.close();
    await dispose();
  }, 60_000);
};
