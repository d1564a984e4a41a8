import { buildCore, type Core } from '../../../src/engine/core.js';
import { Erasures } from '../../../src/engine/erasures.js';
import { isoTime } from '../../../src/kernel/clock.js';
import { streamOf } from '../../../src/kernel/streams.js';
import { InMemoryTimerStore } from '../../../src/platform/effects/in-memory-timer-store.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { InMemorySnapshots } from '../../../src/platform/event-store/in-memory/in-memory-snapshots.js';
import { AlarmCounter } from '../../../src/platform/observability/alarms.port.js';
import { InMemorySubjectKeys } from '../../../src/platform/privacy/in-memory-subject-keys.js';
import { InMemoryCheckpoints } from '../../../src/platform/subscriptions/in-memory-checkpoints.js';
import { InMemoryLeases, InMemoryLeaseTable } from '../../../src/platform/subscriptions/in-memory-leases.js';
import { InMemoryParkedEvents } from '../../../src/platform/subscriptions/in-memory-parked-events.js';
import { ManualClock } from '../../support/manual-clock.js';
import { SeededRandom } from '../../../src/simulator/seeded-random.js';

/** What outlives processes. */
const world = () => {
  const clock = new ManualClock();
  const shared = { clock, store: new InMemoryEventStore({ clock }), keys: new InMemorySubjectKeys('erasures', clock), snapshots: new InMemorySnapshots(), checkpoints: new InMemoryCheckpoints(), parked: new InMemoryParkedEvents(), timers: new InMemoryTimerStore(), leases: new InMemoryLeases(clock, new InMemoryLeaseTable(clock)) };
  let seed = 0;
  const process = async (carriesOut: boolean): Promise<{ core: Core; erasures: Erasures; stop: () => Promise<void> }> => {
    const core = await buildCore({ ...shared, random: new SeededRandom((seed += 1)), alarms: new AlarmCounter() });
    const erasures = new Erasures(core, carriesOut);
    await core.reader.start();
    await erasures.start();
    return { core, erasures, stop: async () => { await erasures.stop(); await core.reader.stop(); } };
  };
  const erase = (core: Core): Promise<unknown> => {
    const meta = { commandId: '00000000-0000-4000-8000-000000000001', tenantId: 'acme', at: isoTime(clock.now()), actor: { kind: 'user' as const, id: 'test' }, correlationId: 'x', causationId: 'x' };
    const data = { erasureId: 'e', personId: 'p', kind: 'number', subjects: ['p', 'q'], recordings: [], reason: 'request', reference: null };
    return core.dispatcher.dispatch(streamOf('person', 'p'), { type: 'ErasePerson', data, meta });
  };
  const types = async (): Promise<string[]> => (await shared.store.readStream(streamOf('person', 'p'))).map(({ type }) => type);
  return { ...shared, process, erase, types };
};

describe('an erasure that was asked for', () => {
  it('waits for a process that carries it out, over the end of the one where it was asked for', async () => {
    const { keys, clock, process, erase, types } = world();
    const [p, q] = [await keys.keyFor('acme', 'p'), await keys.keyFor('acme', 'q')];
    const first = await process(false);
    await erase(first.core);
    await clock.advance(5_000);
    expect([await types(), keys.get(p.keyId)]).toEqual([['PersonalDataErasureRequested'], p]);
    await first.stop();
    const second = await process(true);
    await clock.advance(1_000);
    expect([keys.get(p.keyId), keys.get(q.keyId), await types()]).toEqual([undefined, undefined, ['PersonalDataErasureRequested', 'PersonalDataErased']]);
    expect(second.erasures.effects.openEffects).toBe(0);
    await second.stop();
  });

  it('is recorded as done once, by however many processes it is carried out', async () => {
    const { keys, clock, process, erase, types } = world();
    await keys.keyFor('acme', 'p');
    const both = [await process(true), await process(true)];
    await erase(both[0]!.core);
    await clock.advance(2_000);
    expect(await types()).toEqual(['PersonalDataErasureRequested', 'PersonalDataErased']);
    for (const { stop } of both) await stop();
  });

  it('is tried again while keys cannot be destroyed', async () => {
    const { keys, clock, process, erase, types } = world();
    const key = await keys.keyFor('acme', 'p');
    const destroy = keys.destroy.bind(keys);
    let away = true;
    keys.destroy = (tenantId, subject) => (away ? Promise.reject(new Error('the database is away')) : destroy(tenantId, subject));
    const one = await process(true);
    await erase(one.core);
    await clock.advance(60_000);
    expect([await types(), keys.get(key.keyId)]).toEqual([['PersonalDataErasureRequested'], key]);
    away = false;
    await clock.advance(10_000);
    expect([await types(), keys.get(key.keyId)]).toEqual([['PersonalDataErasureRequested', 'PersonalDataErased'], undefined]);
    await one.stop();
  });
});
