import { jest } from '@jest/globals';
import { DomainError } from '../../../src/kernel/errors.js';
import { EventLog } from '../../../src/platform/event-store/event-log.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { AlarmCounter } from '../../../src/platform/observability/alarms.port.js';
import { Database } from '../../../src/platform/postgres/database.js';
import { InMemorySubjectKeys } from '../../../src/platform/privacy/in-memory-subject-keys.js';
import { KeyRing } from '../../../src/platform/privacy/key-wrapping.js';
import { PostgresSubjectKeys } from '../../../src/platform/privacy/postgres-subject-keys.js';
import { QUARANTINE_MS, type SubjectKeys } from '../../../src/platform/privacy/subject-keys.port.js';
import { decodeAll } from '../../../src/platform/subscriptions/log-pages.js';
import { ManualClock, SeededRandom, settle } from '../../support/manual-clock.js';
import { platformDatabase } from '../../support/platform-database.js';
import { sample, sampleCatalog } from '../../support/sample-log.js';

const MASTER = Buffer.alloc(32, 7);
jest.setTimeout(60_000);

let database: Database;
let close: () => Promise<void>;
let seed = 0;

beforeAll(async () => {
  ({ database, close } = await platformDatabase());
});

beforeEach(() => database.query('TRUNCATE trunkline_subject_keys').then(() => undefined));

afterAll(() => close());

/** One process's keys. */
const process = (clock = new ManualClock(), master = MASTER) => ({ clock, keys: new PostgresSubjectKeys(database, new KeyRing(master), clock, new SeededRandom((seed += 1))) });

/** Ten minutes pass, for the process and for the database. */
const endQuarantine = async (clock: ManualClock): Promise<void> => {
  await clock.advance(QUARANTINE_MS);
  await database.query(`UPDATE trunkline_subject_keys SET destroyed_at = destroyed_at - interval '${QUARANTINE_MS} milliseconds'`);
};

const contract = (name: string, make: (clock?: ManualClock) => SubjectKeys): void => {
  describe(`keys of persons, ${name}`, () => {
    test('a person has one key within a tenant, another tenant has another one', async () => {
      const keys = make();
      const [one, again, other, elsewhere] = await Promise.all([keys.keyFor('acme', 'p'), keys.keyFor('acme', 'p'), keys.keyFor('acme', 'q'), keys.keyFor('globex', 'p')]);
      expect(one.key.length).toBe(32);
      expect(again).toEqual(one);
      expect(new Set([one, other, elsewhere].map(({ keyId }) => keyId)).size).toBe(3);
      expect(new Set([one, other, elsewhere].map(({ key }) => key.toString('hex'))).size).toBe(3);
      await keys.load([one.keyId]);
      expect(keys.get(one.keyId)).toEqual(one);
    });

    test('a destroyed key is gone for good; what is recorded right after is never read; later the person gets a new one', async () => {
      const clock = new ManualClock();
      const keys = make(clock);
      const old = await keys.keyFor('acme', 'p');
      expect(await keys.destroy('acme', 'p')).toBe(1);
      expect(await keys.destroy('acme', 'p')).toBe(0);
      await keys.load([old.keyId]);
      expect(keys.get(old.keyId)).toBeUndefined();
      const quarantined = await keys.keyFor('acme', 'p');
      expect(quarantined.key.equals(old.key)).toBe(false);
      await keys.load([quarantined.keyId]);
      expect([keys.get(quarantined.keyId), await keys.liveKeyId('acme', 'p')]).toEqual([undefined, undefined]);
      await endQuarantine(clock);
      const fresh = await keys.keyFor('acme', 'p');
      expect(await keys.liveKeyId('acme', 'p')).toBe(fresh.keyId);
      expect(fresh.keyId).not.toBe(old.keyId);
      expect(fresh.key.equals(old.key)).toBe(false);
    });

    test('the id of a person tells tenants apart and is always the same', () => {
      const keys = make();
      const id = keys.personId('acme', '+4930123456');
      expect(id).toMatch(/^[0-9a-f]{32}$/);
      expect([keys.personId('acme', '+4930123456') === id, keys.personId('globex', '+4930123456') === id]).toEqual([true, false]);
    });
  });
};

contract('in memory', (clock) => new InMemorySubjectKeys('test', clock));
contract('in PostgreSQL', (clock) => process(clock).keys);

describe('keys in PostgreSQL', () => {
  test('survive a restart, and two processes that meet a person at once agree on one key', async () => {
    const [one, other] = [process(), process()];
    const subjects = Array.from({ length: 50 }, (_, i) => `p${i}`);
    const both = await Promise.all([one, other].flatMap(({ keys }) => subjects.map((subject) => keys.keyFor('acme', subject))));
    for (let i = 0; i < subjects.length; i += 1) expect(both[i]).toEqual(both[i + subjects.length]);
    const { rows } = await database.query<{ count: string }>('SELECT count(*) FROM trunkline_subject_keys');
    expect(rows[0]?.count).toBe('50');
    expect(await process().keys.keyFor('acme', 'p7')).toEqual(both[7]);
  });

  test('many persons that are new at one moment share a few statements', async () => {
    let statements = 0;
    const counting = Object.assign(Object.create(database) as Database, { query: (...args: Parameters<Database['query']>) => ((statements += 1), database.query(...args)) });
    const keys = new PostgresSubjectKeys(counting, new KeyRing(MASTER), new ManualClock(), new SeededRandom((seed += 1)));
    await Promise.all(Array.from({ length: 300 }, (_, i) => keys.keyFor('acme', `new${i}`)));
    expect(statements).toBeLessThanOrEqual(3);
  });

  test('that are loaded together are all there, however many were needed before', async () => {
    const { keys: maker } = process();
    const made = await Promise.all(Array.from({ length: 6 }, (_, i) => maker.keyFor('acme', `p${i}`)));
    const ids = made.map(({ keyId }) => keyId);
    const keys = new PostgresSubjectKeys(database, new KeyRing(MASTER), new ManualClock(), new SeededRandom((seed += 1)), 4);
    await keys.load(ids.slice(0, 4));
    await keys.load([ids[0]!, ids[4]!, ids[5]!]);
    expect([0, 4, 5].map((i) => keys.get(ids[i]!))).toEqual([made[0], made[4], made[5]]);
  });

  test('that are destroyed elsewhere are gone here within a minute', async () => {
    const [here, elsewhere] = [process(), process()];
    const key = await here.keys.keyFor('acme', 'p');
    await elsewhere.keys.destroy('acme', 'p');
    await here.clock.advance(59_000);
    expect(here.keys.get(key.keyId)).toBeDefined();
    await here.clock.advance(1_001);
    await here.keys.load([key.keyId]);
    expect(here.keys.get(key.keyId)).toBeUndefined();
    expect((await here.keys.keyFor('acme', 'p')).keyId).not.toBe(key.keyId);
  });

  test('of whoever is forgotten while the store answers are not brought back by that answer', async () => {
    const elsewhere = process();
    const key = await elsewhere.keys.keyFor('acme', 'p');
    let answered = (): void => undefined;
    const held: (() => void)[] = [];
    let holding = true;
    const slow = Object.assign(Object.create(database) as Database, {
      query: async (...args: Parameters<Database['query']>) => {
        const answer = await database.query(...args);
        if (holding) await new Promise<void>((resolve) => (held.push(resolve), answered()));
        return answer;
      },
    });
    const keys = new PostgresSubjectKeys(slow, new KeyRing(MASTER), new ManualClock(), new SeededRandom((seed += 1)));
    const bothAnswered = new Promise<void>((resolve) => (answered = () => held.length === 2 && resolve()));
    const [loading, finding] = [keys.load([key.keyId]), keys.keyFor('acme', 'p')];
    await bothAnswered;
    await elsewhere.keys.destroy('acme', 'p');
    keys.forget('acme', 'p');
    holding = false;
    for (const release of held) release();
    await loading;
    expect(keys.get(key.keyId)).toBeUndefined();
    expect((await finding).keyId).not.toBe(key.keyId);
    expect((await keys.keyFor('acme', 'p')).keyId).not.toBe(key.keyId);
  });

  test('are stored wrapped: neither a key nor who a person is can be read from the table', async () => {
    const { keys } = process();
    const number = '+4930123456';
    const subject = keys.personId('acme', number);
    const { key } = await keys.keyFor('acme', subject);
    const { rows } = await database.query<{ row: string }>('SELECT row_to_json(k)::text AS row FROM trunkline_subject_keys k');
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).not.toContain(key.toString('hex'));
    expect(rows[0]?.row).not.toContain('4930123456');
    const wrong = process(new ManualClock(), Buffer.alloc(32, 8)).keys;
    await expect(wrong.keyFor('acme', subject)).rejects.toThrow('this is not the master key');
    await database.query(`UPDATE trunkline_subject_keys SET subject = 'someone-else'`);
    await expect(process().keys.keyFor('acme', 'someone-else')).rejects.toThrow('cannot be opened');
    expect(() => new KeyRing(Buffer.alloc(16))).toThrow('must have 32 bytes');
  });

  test('an event of an erased person reads as [erased], wherever the log went', async () => {
    const { clock, keys } = process();
    const log = new EventLog(new InMemoryEventStore({ clock }), sampleCatalog(), keys);
    await log.append('counter-x', 'no_stream', [sample('n', 'Noted', { counterId: 'x', personId: 'p', text: 'secret' })]);
    expect((await log.readStream('counter-x'))[0]?.data).toMatchObject({ text: 'secret' });
    await keys.destroy('acme', 'p');
    expect((await log.readStream('counter-x'))[0]?.data).toEqual({ counterId: 'x', personId: 'p', text: '[erased]' });
  });

  test('a reader waits while the database is away, rather than leave events out', async () => {
    const { clock, keys } = process();
    const store = new InMemoryEventStore({ clock });
    await new EventLog(store, sampleCatalog(), keys).append('counter-x', 'no_stream', [sample('n', 'Noted', { counterId: 'x', personId: 'p', text: 'secret' })]);
    const nobody = new Database({ host: '127.0.0.1', port: 1, user: 'nobody', database: 'none' });
    const away = new PostgresSubjectKeys(nobody, new KeyRing(MASTER), clock, new SeededRandom(1));
    await expect(away.keyFor('acme', 'p')).rejects.toBeInstanceOf(DomainError);
    const alarms = new AlarmCounter();
    const stopping = new AbortController();
    const reading = decodeAll(new EventLog(store, sampleCatalog(), away), clock, alarms, await store.readAll({ maxCount: 10 }), stopping.signal);
    for (let i = 0; i < 60 && alarms.count('subject-keys-away') === 0; i += 1) {
      await clock.advance(1_000);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect([alarms.count('subject-keys-away'), alarms.count('event-undecodable')]).toEqual([1, 0]);
    stopping.abort();
    await expect(reading).rejects.toThrow('did not answer');
    await settle();
    await nobody.close();
  });
});
