import { WrongExpectedRevision, type EventStore, type StoredEvent } from '../../../src/platform/event-store/event-store.port.js';
import { SeededRandom } from '../../support/manual-clock.js';
import { freshStream, idsOf, newEvent, newEvents, readOn, Tail, type CurrentStore } from './fixtures.js';

const WRITERS = 8;
const APPENDS = 30;

/** Appends with the expected revision until it fits, as the command executor does. */
const appendCompeting = async (store: EventStore, stream: string, events: ReturnType<typeof newEvents>): Promise<void> => {
  for (let expected: bigint | 'no_stream' = 'no_stream'; ; ) {
    try {
      await store.append(stream, expected, events);
      return;
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      expected = error.actual;
    }
  }
};

/** Reads page by page, each of another size, again and again until the event with the given id has come. */
const readRepeatedly = async (store: EventStore, after: bigint, random: SeededRandom, lastId: string): Promise<StoredEvent[]> => {
  const seen: StoredEvent[] = [];
  while (seen.at(-1)?.id !== lastId) {
    seen.push(...(await store.readAll({ after: seen.at(-1)?.position ?? after, maxCount: 1 + random.below(50) })));
  }
  return seen;
};

/** Subscribes, stops after a few events, and resumes, as a reader that is restarted all the time. */
const subscribeRepeatedly = async (store: EventStore, after: bigint, random: SeededRandom, lastId: string): Promise<StoredEvent[]> => {
  const seen: StoredEvent[] = [];
  while (seen.at(-1)?.id !== lastId) {
    const abort = new AbortController();
    let patience = 1 + random.below(60);
    for await (const message of store.subscribeToAll({ after: seen.at(-1)?.position ?? after, signal: abort.signal })) {
      if (message.kind === 'caughtUp' && random.next() < 0.5) break;
      if (message.kind !== 'events') continue;
      const taken = message.events.slice(0, patience);
      seen.push(...taken);
      patience -= taken.length;
      if (patience <= 0 || seen.at(-1)?.id === lastId) break;
    }
    abort.abort();
  }
  return seen;
};

export const concurrencyContract = (current: CurrentStore): void => {
  describe('concurrent writers', () => {
    test('no event is lost, doubled or late for any reader', async () => {
      const seed = Date.now() % 1_000_000;
      const { store, another } = current();
      const second = (await another?.()) ?? store;
      const before = await store.head();
      const hot = freshStream('hot');
      const written: string[] = [];
      const live = new Tail(store, before);
      const far = new Tail(second, before);
      const last = newEvent();
      const paging = readRepeatedly(store, before, new SeededRandom(seed), last.id);
      const restarting = subscribeRepeatedly(second, before, new SeededRandom(seed + 99), last.id);

      const writer = async (index: number): Promise<void> => {
        const random = new SeededRandom(seed + index);
        const own = freshStream('own');
        const through = index % 2 === 0 ? store : second;
        for (let i = 0; i < APPENDS; i++) {
          const events = newEvents(1 + random.below(3));
          const target = random.next();
          if (target < 0.4) await through.append(own, 'any', events);
          else if (target < 0.7) await through.append(hot, 'any', events);
          else await appendCompeting(through, hot, events);
          written.push(...idsOf(events));
        }
      };
      await Promise.all(Array.from({ length: WRITERS }, (_, index) => writer(index)));
      await store.append(freshStream(), 'no_stream', [last]);
      written.push(last.id);

      const log = await readOn(store, before);
      const check = (seen: readonly StoredEvent[]): void => {
        try {
          expect(idsOf(seen)).toEqual(idsOf(log));
        } catch (error) {
          throw new Error(`seed ${seed}: a reader saw something else than the log`, { cause: error });
        }
      };
      expect(idsOf(log).sort()).toEqual([...written].sort());
      const revisions = new Map<string, bigint>();
      let position = before;
      for (const event of log) {
        expect(event.revision).toBe((revisions.get(event.stream) ?? -1n) + 1n);
        revisions.set(event.stream, event.revision);
        expect(event.position > position).toBe(true);
        if (store.densePositions) expect(event.position).toBe(position + 1n);
        position = event.position;
      }
      await live.until(({ events }) => events.length >= log.length);
      await far.until(({ events }) => events.length >= log.length);
      check(live.events);
      check(far.events);
      check(await paging);
      check(await restarting);
      await Promise.all([live.stop(), far.stop()]);
      if (second !== store) await second.close();
    }, 120_000);

    test('of several with the same expected revision exactly one wins', async () => {
      const { store, another } = current();
      const second = (await another?.()) ?? store;
      const stream = freshStream();
      for (let revision = -1n; revision < 5n; revision++) {
        const expected = revision < 0n ? 'no_stream' : revision;
        const outcomes = await Promise.allSettled(
          Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? store : second).append(stream, expected, newEvents(1))),
        );
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ name: 'WrongExpectedRevision', actual: revision + 1n });
        }
      }
      expect(await store.readStream(stream)).toHaveLength(6);
      if (second !== store) await second.close();
    });

    test('the same append sent many times at once is written once, and all hear the same', async () => {
      const { store, another } = current();
      const second = (await another?.()) ?? store;
      for (const expected of ['no_stream', 'any'] as const) {
        const stream = freshStream();
        const events = newEvents(2);
        const results = await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? store : second).append(stream, expected, events)));
        expect(new Set(results.map(({ revision }) => revision))).toEqual(new Set([1n]));
        expect(new Set(results.map(({ position }) => position)).size).toBe(1);
        expect(await store.readStream(stream)).toHaveLength(2);
      }
      if (second !== store) await second.close();
    });
  });
};
