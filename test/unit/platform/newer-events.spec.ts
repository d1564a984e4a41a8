import type { Command } from '../../../src/kernel/command.js';
import type { EventSpec } from '../../../src/kernel/event.js';
import { CommandExecutor } from '../../../src/platform/event-store/command-executor.js';
import type { EventCatalog } from '../../../src/platform/event-store/event-catalog.js';
import { UnknownEventType } from '../../../src/platform/event-store/event-catalog.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { InMemorySubjectKeys } from '../../../src/platform/privacy/in-memory-subject-keys.js';
import { isKnown } from '../../../src/platform/subscriptions/known-events.js';
import { ManualClock } from '../../support/manual-clock.js';
import { type TallyState, tallyDecider, tallySpecs } from '../../support/sample-decider.js';
import { sampleCatalog, sampleLog, sampleMetadata } from '../../support/sample-log.js';

const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** A log that a newer program, with these specs beside ours, has written to. */
const world = (newer: Readonly<Record<string, EventSpec>>) => {
  const clock = new ManualClock();
  const store = new InMemoryEventStore({ clock });
  const keys = new InMemorySubjectKeys();
  const logWith = (catalog: EventCatalog) => sampleLog(clock, { store, keys, catalog }).log;
  const [ours, theirs] = [logWith(sampleCatalog(tallySpecs)), logWith(sampleCatalog({ ...tallySpecs, ...newer }))];
  let written = 0;
  const writes = async (type: string, data: Record<string, string>): Promise<void> => {
    written += 1;
    await theirs.append('tally-1', 'any', [{ id: id(written), type, data, metadata: sampleMetadata(id(written)) }]);
  };
  const executor = new CommandExecutor(ours);
  const meta: Command['meta'] = { commandId: id(900), tenantId: 'acme', at: '2026-01-01T00:00:00.000Z', actor: { kind: 'system', id: 'test' }, correlationId: 'x', causationId: 'x' };
  return {
    ours, writes, store,
    tally: () => executor.execute(tallyDecider, 'tally-1', { type: 'Tally', data: { item: 'ours' }, meta }),
    items: async () => ((await executor.load(tallyDecider, 'tally-1')).state as TallyState).items,
    seen: async () => ours.decode(await store.readAll({ maxCount: 10 })),
  };
};

const lifted: EventSpec = { version: 2, upcasters: { 1: (data) => ({ ...data, colour: 'none' }) } };

describe('events that a newer program has written', () => {
  it('of a type that may be passed over: the older one decides as if they were not there, and keeps them', async () => {
    const { writes, tally, items, ours, store } = world({ TallyPainted: { version: 1, readableBy: 0 } });
    await writes('Tallied', { item: 'a' });
    await writes('TallyPainted', { colour: 'red' });
    expect((await tally()).revision).toBe(2n);
    expect(await items()).toEqual(['a', 'ours']);
    expect((await ours.readStream('tally-1')).map(({ type }) => type)).toEqual(['Tallied', 'TallyPainted', 'Tallied']);
    expect((await store.readStream('tally-1')).map(({ metadata }) => metadata.readableBy)).toEqual([undefined, 0, undefined]);
  });

  it('of any other type that it does not know: it does not decide', async () => {
    const { writes, tally } = world({ TallyEmptied: { version: 1 } });
    await writes('Tallied', { item: 'a' });
    await writes('TallyEmptied', {});
    await expect(tally()).rejects.toThrow(UnknownEventType);
  });

  it('of a newer version that only says more: they are read as its own', async () => {
    const { writes, tally, items, seen, ours } = world({ Tallied: { ...lifted, readableBy: 1 } });
    await writes('Tallied', { item: 'a', colour: 'red' });
    await tally();
    expect(await items()).toEqual(['a', 'ours']);
    const [event] = await seen();
    expect([isKnown(ours.catalog, event!), event?.schemaVersion, event?.data]).toEqual([true, 1, { item: 'a', colour: 'red' }]);
  });

  it('of a newer version in another shape: they are not read, and nothing is decided on them', async () => {
    const { writes, tally, seen, ours } = world({ Tallied: lifted });
    await writes('Tallied', { item: 'a' });
    await expect(tally()).rejects.toThrow(UnknownEventType);
    const [event] = await seen();
    expect([isKnown(ours.catalog, event!), event?.schemaVersion]).toEqual([false, 2]);
  });

  it('refuses a declaration that says of a version that itself or a newer one is older', () => {
    expect(() => sampleCatalog({ Painted: { version: 1, readableBy: 1 } })).toThrow(/must be an older one, or 0/);
  });
});
