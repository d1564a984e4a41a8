import { jest } from '@jest/globals';
import type { Clock } from '../../../src/kernel/clock.js';
import { InMemoryTimerStore } from '../../../src/platform/effects/in-memory-timer-store.js';
import { PostgresTimerStore } from '../../../src/platform/effects/postgres-timer-store.js';
import { TimerRunner } from '../../../src/platform/effects/timer-runner.js';
import type { TimerStore } from '../../../src/platform/effects/timer-store.port.js';
import type { TimerRule } from '../../../src/platform/effects/timers.js';
import { CommandDispatcher } from '../../../src/platform/event-store/command-dispatcher.js';
import { CommandExecutor } from '../../../src/platform/event-store/command-executor.js';
import { EventCatalog } from '../../../src/platform/event-store/event-catalog.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { AlarmCounter } from '../../../src/platform/observability/alarms.port.js';
import type { Database } from '../../../src/platform/postgres/database.js';
import { PostgresLeases } from '../../../src/platform/postgres/leases.js';
import type { LeaseToken } from '../../../src/platform/subscriptions/leases.port.js';
import { Reader } from '../../../src/platform/subscriptions/reader.js';
import { ManualClock } from '../../support/manual-clock.js';
import { platformDatabase } from '../../support/platform-database.js';
import { tallyDecider, tallySpecs } from '../../support/sample-decider.js';
import { counted, sample, sampleCatalog, sampleLog, sampleSpecs } from '../../support/sample-log.js';
import { realClock } from '../../support/test-server.js';

jest.setTimeout(60_000);

let database: Database;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ database, close } = await platformDatabase());
});

beforeEach(() => database.query('TRUNCATE trunkline_timers, trunkline_checkpoints, trunkline_leases').then(() => undefined));

afterAll(() => close());

/** `Counted` by n minutes sets the counter's timer, `Reset` cancels it; when it is due, the tally says so. */
const rule = (): TimerRule => ({
  name: 'reminder',
  eventTypes: ['Counted', 'Reset'],
  timersOf: (event) => {
    const { counterId, by } = event.data as { counterId: string; by?: number };
    if (event.type === 'Reset') return [{ cancel: counterId }];
    const dueAt = new Date(Date.parse(event.recordedAt) + (by ?? 0) * 60_000).toISOString();
    return [{ set: counterId, dueAt, command: { stream: `tally-${counterId}`, type: 'Tally', data: { item: `due ${new Date(Date.parse(dueAt) - START).getTime() / 60_000}` } } }];
  },
});

const START = Date.UTC(2026, 0, 1);

const world = (timers: TimerStore) => {
  const clock = new ManualClock(START);
  const store = new InMemoryEventStore({ clock, logId: 'log' });
  const { log, write } = sampleLog(clock, { store, catalog: sampleCatalog(tallySpecs) });
  const boot = async (lease?: LeaseToken, onLost?: () => void) => {
    const alarms = new AlarmCounter();
    let alive = true;
    /** Time as one process knows it: nothing happens in it after its death. */
    const own: Clock = { now: () => clock.now(), after: (ms, task) => clock.after(ms, () => void (alive && task())) };
    const reader = new Reader(log, own, alarms);
    await reader.start();
    const dispatcher = new CommandDispatcher(new CommandExecutor(log), [tallyDecider]);
    const runner = new TimerRunner({ reader, logId: 'log', store: timers, dispatcher, clock: own, alarms }, [rule()], { name: 'timers', ...(lease && { lease }), ...(onLost && { onLost }) });
    await runner.start();
    const crash = async (): Promise<void> => {
      alive = false;
      await reader.stop();
    };
    return { runner, reader, alarms, crash, stop: () => runner.stop().then(() => reader.stop()) };
  };
  /** Real time for what the database answers, then the clock moves. */
  const pass = async (ms: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 60));
    await clock.advance(ms);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await clock.advance(0);
  };
  const due = async (id: string): Promise<string[]> => (await log.readStream(`tally-${id}`)).map(({ data }) => (data as { item: string }).item);
  return { clock, log, write, boot, pass, due };
};

const contract = (name: string, make: () => TimerStore): void => {
  describe(`durable timers, kept ${name}`, () => {
    test('fire at their time as a command of the timer, in the name of what set them', async () => {
      const { write, boot, pass, due, log, clock } = world(make());
      const { stop, runner } = await boot();
      await write(counted('a', 'x', 10, { $correlationId: 'story', tenantId: 'globex' }));
      await pass(9 * 60_000);
      expect([await due('x'), runner.waiting]).toEqual([[], 1]);
      await pass(60_000);
      expect([await due('x'), runner.waiting]).toEqual([['due 10'], 0]);
      const [cause] = await log.readStream('counter-x');
      const [fired] = await log.readStream('tally-x');
      expect(fired?.metadata).toMatchObject({ tenantId: 'globex', $correlationId: 'story', $causationId: cause?.id, actor: { kind: 'timer', id: 'reminder' }, occurredAt: new Date(START + 600_000).toISOString() });
      await stop();
      expect(clock.pending).toBe(0);
    });

    test('are replaced when set again, and silent when cancelled', async () => {
      const { write, boot, pass, due } = world(make());
      const { stop } = await boot();
      await write(counted('a', 'x', 5), counted('b', 'x', 20), counted('c', 'y', 5), sample('d', 'Reset', { counterId: 'y' }));
      await pass(30 * 60_000);
      expect([await due('x'), await due('y')]).toEqual([['due 20'], []]);
      await stop();
    });

    test('survive a restart and a crash; one that fired just before the crash does not happen twice', async () => {
      const { write, boot, pass, due } = world(make());
      const first = await boot();
      await write(counted('a', 'x', 5), counted('b', 'y', 60), counted('c', 'z', 60));
      await pass(1_000);
      await first.stop();
      const second = await boot();
      await pass(5 * 60_000 - 1_000);
      expect(await due('x')).toEqual(['due 5']);
      await second.crash();
      // While nothing runs: one is cancelled, and the other's time comes.
      await write(sample('d', 'Reset', { counterId: 'z' }));
      await pass(3_600_000);
      const third = await boot();
      await pass(0);
      expect([await due('x'), await due('y'), await due('z'), third.runner.waiting]).toEqual([['due 5'], ['due 60'], [], 0]);
      await third.stop();
    });
  });
};

contract('in memory', () => new InMemoryTimerStore());
contract('in PostgreSQL', () => new PostgresTimerStore(database));

describe('durable timers', () => {
  test('who has lost the lease writes no timer, and who takes over fires them', async () => {
    const { write, boot, pass, due } = world(new PostgresTimerStore(database));
    const leases = new PostgresLeases(database, realClock, { ttlMs: 60_000, renewalMs: 20_000 });
    const lease = await leases.acquire('timers', 'first');
    let lost = 0;
    const first = await boot(lease!, () => (lost += 1));
    await write(counted('a', 'x', 5));
    await pass(1_000);
    await lease?.release();
    const taken = await leases.acquire('timers', 'second');
    await write(counted('b', 'y', 5));
    await pass(1_000);
    await pass(1_000);
    expect(lost).toBe(1);
    const { rows } = await database.query<{ key: string }>('SELECT key FROM trunkline_timers ORDER BY key');
    expect(rows).toEqual([{ key: 'x' }]);
    const second = await boot(taken!);
    await pass(6 * 60_000);
    expect([await due('x'), (await due('y')).length]).toEqual([['due 5'], 1]);
    await second.stop();
    await first.reader.stop();
    await taken?.release();
  });

  test('that an older program could not set, because a newer one had written, are set when the newer one takes over', async () => {
    const clock = new ManualClock(START);
    const store = new InMemoryEventStore({ clock, logId: 'log' });
    const timers = new InMemoryTimerStore();
    const program = async (catalog: EventCatalog) => {
      const { log, write } = sampleLog(clock, { store, catalog });
      const reader = new Reader(log, clock, new AlarmCounter());
      await reader.start();
      const runner = new TimerRunner({ reader, logId: 'log', store: timers, dispatcher: new CommandDispatcher(new CommandExecutor(log), [tallyDecider]), clock, alarms: new AlarmCounter() }, [rule()], { name: 'timers' });
      return { runner, write, log, reader, stop: () => runner.stop().then(() => reader.stop()) };
    };
    const newest = new EventCatalog({ ...sampleSpecs, Counted: { version: 2, upcasters: { 1: (data) => data } } }, tallySpecs);
    const [old, newer] = [await program(sampleCatalog(tallySpecs)), await program(newest)];
    await old.runner.start();
    await old.write(counted('a', 'x', 5), sample('r', 'Reset', { counterId: 'x' }), counted('b', 'y', 5));
    await newer.write(counted('c', 'z', 5));
    await old.write(sample('s', 'Reset', { counterId: 'y' }), counted('d', 'w', 5));
    await clock.advance(1_000);
    expect([old.runner.waiting, (await timers.load('timers'))?.position]).toEqual([1, 3n]);
    await old.stop();
    await newer.runner.start();
    await clock.advance(1_000);
    expect(newer.runner.waiting).toBe(2);
    await clock.advance(5 * 60_000);
    const due = await Promise.all(['x', 'y', 'z', 'w'].map(async (id) => (await newer.log.readStream(`tally-${id}`)).length));
    expect(due).toEqual([0, 0, 1, 1]);
    await newer.stop();
  });

  test('keys of another log are refused', async () => {
    await database.query(`INSERT INTO trunkline_checkpoints (name, position, log_id) VALUES ('timers', 5, 'elsewhere')`);
    await expect(world(new PostgresTimerStore(database)).boot()).rejects.toThrow('belongs to log elsewhere');
  });
});
