import { DECIDERS, eventCatalog } from '../../src/engine/domain.js';
import { ERASED, type EventSpec, type Json } from '../../src/kernel/event.js';
import { CommandDispatcher } from '../../src/platform/event-store/command-dispatcher.js';
import { CommandExecutor } from '../../src/platform/event-store/command-executor.js';
import { EventCatalog, UnknownEventType } from '../../src/platform/event-store/event-catalog.js';
import { EventLog } from '../../src/platform/event-store/event-log.js';
import type { StoredEvent } from '../../src/platform/event-store/event-store.port.js';
import { InMemoryEventStore } from '../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { AlarmCounter } from '../../src/platform/observability/alarms.port.js';
import { PostgresParkedEvents } from '../../src/platform/postgres/parked-events.js';
import { ProjectionEngine } from '../../src/platform/subscriptions/projection-engine.js';
import { ProjectionStore } from '../../src/platform/subscriptions/projection-store.js';
import { Reader } from '../../src/platform/subscriptions/reader.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { goldenEvent, goldenEvents, GoldenKeys, SAMPLES, storedSample, TENANT } from '../support/golden-events.js';
import { platformDatabase } from '../support/platform-database.js';
import { counterProjection } from '../support/sample-projection.js';
import { counted, sampleLog, sampleMetadata } from '../support/sample-log.js';

const catalog = eventCatalog();
const specOf = (type: string): EventSpec => catalog.spec(type)!;
const versionsOf = (type: string): number[] => Array.from({ length: specOf(type).version }, (_, index) => index + 1);
const written = catalog.types().flatMap((type) => versionsOf(type).map((version) => [type, version] as const));

/** As a log gives it back. */
const recalled = (stored: object): StoredEvent => ({ revision: 0n, position: 1n, recordedAt: '2026-03-02T09:00:01.000Z', ...stored }) as StoredEvent;

/** Every text within a value. */
const textsIn = (value: Json | undefined): string[] =>
  typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value as Record<string, Json>).flatMap(textsIn) : [];

/** Keys for all people whose fields the golden files hold. */
const goldenKeys = async (): Promise<GoldenKeys> => {
  const keys = new GoldenKeys();
  for (const [, { decoded }] of goldenEvents()) {
    for (const field of ['personId', 'agentId', 'nodeId']) {
      const subject = (decoded as Record<string, Json | undefined>)[field];
      if (typeof subject === 'string') await keys.keyFor(TENANT, subject);
    }
    // Numbers are under the keys of those who have them.
    for (const text of textsIn(decoded)) if (text.startsWith('+')) await keys.keyFor(TENANT, keys.personId(TENANT, text));
  }
  return keys;
};

describe('events that were ever written', () => {
  it('have a golden file for each version of each type, and no file is of a type that is not there', () => {
    expect([...goldenEvents().keys()].sort()).toEqual(written.map(([type, version]) => `${type}.v${version}.json`).sort());
  });

  it.each(written)('%s version %i is read as what it means today', async (type, version) => {
    const golden = goldenEvent(type, version);
    const [event] = await catalog.decode([recalled(golden!.stored)], await goldenKeys(), 'refuse');
    expect([golden?.stored.type, golden?.stored.schemaVersion]).toEqual([type, version]);
    expect(event).toMatchObject({ type, schemaVersion: specOf(type).version });
    expect(event?.data).toEqual(golden?.decoded);
  });

  it.each(catalog.types())('%s is still written as its newest golden file has it, byte for byte', async (type) => {
    const golden = goldenEvent(type, specOf(type).version);
    expect(golden?.decoded).toEqual(SAMPLES[type]);
    expect(JSON.parse(JSON.stringify(await storedSample(type, new GoldenKeys())))).toEqual(golden?.stored);
  });

  it.each(catalog.types().filter((type) => specOf(type).personal !== undefined))('%s holds nothing personal on disk, and reads [erased] without the key', async (type) => {
    const personal = specOf(type).personal!;
    for (const version of versionsOf(type)) {
      const { stored, decoded } = goldenEvent(type, version)!;
      const bytes = JSON.stringify(stored);
      const said = personal.fields.flatMap((field) => textsIn((decoded as Record<string, Json>)[field]));
      expect(said.length).toBeGreaterThan(0);
      for (const text of said) expect([text, bytes.includes(text)]).toEqual([text, false]);
      const [erased] = await catalog.decode([recalled(stored)], new GoldenKeys(), 'refuse');
      for (const field of personal.fields) {
        if ((decoded as Record<string, Json>)[field] !== null) expect(new Set(textsIn((erased?.data as Record<string, Json>)[field]))).toEqual(new Set([ERASED]));
      }
    }
  });
});

describe('events of a later version of the program', () => {
  const later = { id: 'b9a2b0d8-0000-4000-8000-000000000001', data: { callId: 'x' }, metadata: sampleMetadata('later', { tenantId: TENANT }) };

  it.each([['a type that is not known', 'CallTeleported', 1], ['a version that is not known', 'CallEnded', 99]])('%s: no decision is made on its stream', async (_what, type, schemaVersion) => {
    const store = new InMemoryEventStore({ clock: systemClock });
    const log = new EventLog(store, catalog, new GoldenKeys());
    const dispatcher = new CommandDispatcher(new CommandExecutor(log), DECIDERS);
    await store.append('call-x', 'no_stream', [{ ...later, type, schemaVersion }]);
    const meta = { commandId: 'c1', tenantId: TENANT, at: '2026-03-02T09:00:00.000Z', actor: { kind: 'user' as const, id: 'u' }, correlationId: 'c', causationId: 'c' };
    await expect(dispatcher.dispatch('call-x', { type: 'HangUpCall', data: { cause: 'NORMAL_CLEARING' }, meta })).rejects.toThrow(UnknownEventType);
    expect(await store.readStream('call-x')).toHaveLength(1);
  });

  it('read models pass over a type that is not known and count it, set a version that is not known aside, and go on', async () => {
    const { database, close } = await platformDatabase();
    const store = new InMemoryEventStore({ clock: systemClock });
    const { log, write } = sampleLog(systemClock, { store });
    const alarms = new AlarmCounter();
    const reader = new Reader(log, systemClock, alarms);
    const parked = new PostgresParkedEvents(database);
    const engine = new ProjectionEngine({ reader, log, store: new ProjectionStore(database), parked, clock: systemClock, alarms }, { name: 'group', projections: [counterProjection()] });
    try {
      await reader.start();
      await engine.start();
      await write(counted('a', 'one', 1));
      await store.append('counter-one', 'any', [{ ...later, type: 'Teleported', schemaVersion: 1 }]);
      await store.append('counter-two', 'any', [{ ...later, id: 'b9a2b0d8-0000-4000-8000-000000000002', type: 'Counted', schemaVersion: 2, data: { counterId: 'two', byHalves: 8 } }]);
      await write(counted('b', 'one', 2));
      await engine.caughtUp();
      const { rows } = await database.query<{ counter_id: string; total: string }>('SELECT counter_id, total FROM counter_totals ORDER BY counter_id');
      expect(rows).toEqual([{ counter_id: 'one', total: '3' }]);
      expect(reader.unknownEvents).toBe(1);
      expect((await parked.waiting()).map(({ eventType, stream }) => [eventType, stream])).toEqual([['Counted', 'counter-two']]);
      expect(alarms.count('projection-event-parked')).toBe(1);
    } finally {
      await engine.stop();
      await reader.stop();
      await close();
    }
  }, 60_000);

  it('a type without an upcaster from each older version is refused when the program starts', () => {
    expect(() => new EventCatalog({ Grown: { version: 3, upcasters: { 1: (data) => data } } })).toThrow('Grown has no upcaster from version 2');
  });
});
