import { jest } from '@jest/globals';
import { EventStoreDbEventStore } from '../../../src/platform/event-store/eventstoredb/eventstoredb.event-store.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { EventStoreUnavailable, type EventStore } from '../../../src/platform/event-store/event-store.port.js';
import { copyLog, hashLog, positionsInCopy } from '../../../src/platform/event-store/log-copy.js';
import { PostgresEventStore } from '../../../src/platform/event-store/postgres/postgres.event-store.js';
import { systemRandom } from '../../../src/platform/time/system-random.js';
import { EventStoreStandIn } from '../../support/eventstoredb-stand-in.js';
import { SeededRandom } from '../../support/manual-clock.js';
import { freshDatabase } from '../../support/postgres.js';
import { counted, sample, sampleLog } from '../../support/sample-log.js';
import { realClock } from '../../support/test-server.js';

jest.setTimeout(60_000);

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const inMemory = async (): Promise<EventStore> => new InMemoryEventStore({ clock: realClock });
const inPostgres = async (): Promise<EventStore> => {
  const database = await freshDatabase();
  const store = new PostgresEventStore({ pool: database.pool, clock: realClock });
  closing.push(() => store.close().then(() => database.drop()));
  await store.migrate();
  return store;
};
const inEventStoreDb = async (): Promise<EventStore> => {
  const standIn = await EventStoreStandIn.start();
  const store = new EventStoreDbEventStore({ connectionString: standIn.connectionString, clock: realClock, random: systemRandom });
  closing.push(() => store.close().then(() => standIn.stop()));
  return store;
};

/** A log with long and short streams, several events per append, personal fields and every kind of character. */
const fill = async (store: EventStore, events: number): Promise<void> => {
  const random = new SeededRandom(3);
  const { log } = sampleLog(realClock, { store });
  for (let i = 0; i < events; ) {
    const counterId = `c${random.below(9)}`;
    const some = Array.from({ length: 1 + random.below(4) }, () => {
      i += 1;
      return random.next() < 0.3 ? sample(`n${i}`, 'Noted', { counterId, personId: `p${counterId}`, text: `ü 😀 "${i}"\u2028` }) : counted(`e${i}`, counterId, random.next());
    });
    await log.append(`counter-${counterId}`, 'any', some);
  }
};

describe('a copy of a log', () => {
  test.each([
    ['memory', 'PostgreSQL', inMemory, inPostgres],
    ['PostgreSQL', 'EventStoreDB', inPostgres, inEventStoreDb],
    ['EventStoreDB', 'PostgreSQL', inEventStoreDb, inPostgres],
  ])('from %s to %s and back has the same fingerprint', async (_from, _to, make, makeOther) => {
    const [source, target, back] = [await make(), await makeOther(), await make()];
    await fill(source, 300);
    const original = await hashLog(source, { batch: 64 });
    const progress: number[] = [];
    const { copied, position } = await copyLog(source, target, { batch: 50, onProgress: ({ copied: so }) => progress.push(so) });
    expect([copied, position, progress.at(-1)]).toEqual([original.events, await source.head(), copied]);
    await copyLog(target, back, { batch: 77 });
    expect([await hashLog(target), await hashLog(back)]).toEqual([original, original]);
    const personal = (await target.readAll({ maxCount: 1_000 })).filter(({ type }) => type === 'Noted');
    expect(personal.length).toBeGreaterThan(0);
    for (const event of personal) expect((event.data as { text: unknown }).text).toMatchObject({ $enc: 1 });
  });

  test('can be broken off anywhere and repeated, with another size of batch; going on later brings only what is new', async () => {
    const [source, target] = [await inMemory(), await inMemory()];
    await fill(source, 200);
    let appends = 0;
    const failing: EventStore = Object.assign(Object.create(target) as EventStore, {
      append: (...args: Parameters<EventStore['append']>) => ((appends += 1) % 23 === 0 ? Promise.reject(new EventStoreUnavailable('away')) : target.append(...args)),
    });
    let interruptions = 0;
    for (let batch = 10; ; batch += 7) {
      try {
        await copyLog(source, failing, { batch });
        break;
      } catch (error) {
        expect(error).toBeInstanceOf(EventStoreUnavailable);
        interruptions += 1;
        if (interruptions > 5) {
          await copyLog(source, target, { batch });
          break;
        }
      }
    }
    expect(interruptions).toBeGreaterThan(0);
    expect(await hashLog(target)).toEqual(await hashLog(source));
    const after = await source.head();
    const { log } = sampleLog(realClock, { store: source });
    await log.append('counter-new', 'no_stream', [counted('later', 'new')]);
    const { copied } = await copyLog(source, target, { after });
    expect(BigInt(copied)).toBe((await source.head()) - after);
    expect(await hashLog(target)).toEqual(await hashLog(source));
  });

  test('refuses a target that holds something else, and does not touch it', async () => {
    const [source, target] = [await inMemory(), await inMemory()];
    await sampleLog(realClock, { store: source }).write(counted('a', 'x'));
    await sampleLog(realClock, { store: target }).write(counted('b', 'x'));
    const before = await hashLog(target);
    await expect(copyLog(source, target)).rejects.toThrow('counter-x is not a copy');
    expect(await hashLog(target)).toEqual(before);
  });

  test('tells where a checkpoint is in it, also from a store whose positions have holes', async () => {
    const [source, target] = [await inEventStoreDb(), await inMemory()];
    await fill(source, 40);
    await copyLog(source, target);
    const events = await source.readAll({ maxCount: 1_000 });
    const positions = [0n, events[0]!.position, events[19]!.position, events[19]!.position + 1n, events.at(-1)!.position];
    expect(await positionsInCopy(source, target, positions)).toEqual([0n, 1n, 20n, 20n, BigInt(events.length)]);
    const back = await positionsInCopy(target, source, [0n, 20n]);
    expect(back).toEqual([0n, events[19]!.position]);
    await sampleLog(realClock, { store: source }).write(counted('more', 'more'));
    await expect(positionsInCopy(source, target, [await source.head()])).rejects.toThrow('copy the log first');
  });
});
