import type { Command } from '../../../src/kernel/command.js';
import { CommandExecutor, type CommandResult } from '../../../src/platform/event-store/command-executor.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { EventStoreUnavailable } from '../../../src/platform/event-store/event-store.port.js';
import type { SnapshotStore } from '../../../src/platform/event-store/snapshots.port.js';
import { DatabaseUnavailable } from '../../../src/platform/postgres/database-errors.js';
import { ManualClock } from '../../support/manual-clock.js';
import { type TallyCommand, tallyDecider, tallySpecs } from '../../support/sample-decider.js';
import { sampleCatalog, sampleLog } from '../../support/sample-log.js';

const world = (snapshots?: SnapshotStore, decider = tallyDecider) => {
  const clock = new ManualClock();
  const store = new InMemoryEventStore({ clock });
  const guard = { failing: 0 };
  const append = store.append.bind(store);
  store.append = (...args) => ((guard.failing -= 1) >= 0 ? Promise.reject(new EventStoreUnavailable('away')) : append(...args));
  const executor = new CommandExecutor(sampleLog(clock, { store, catalog: sampleCatalog(tallySpecs) }).log, snapshots);
  let ids = 0;
  const tally = (item: string): Promise<CommandResult> => {
    const meta: Command['meta'] = { commandId: `c${(ids += 1)}`, tenantId: 'acme', at: '2026-01-01T00:00:00.000Z', actor: { kind: 'system', id: 'test' }, correlationId: 'x', causationId: 'x' };
    return executor.execute(decider, 'tally-1', { type: 'Tally', data: { item }, meta } as TallyCommand);
  };
  const items = async (): Promise<string[]> => (await store.readStream('tally-1')).map(({ data }) => (data as { item: string }).item);
  return { tally, items, guard };
};

describe('commands that wait for one stream together', () => {
  it('one whose event cannot be written fails alone', async () => {
    const { tally, items } = world();
    const bad = [tally('d'), tally('x'.repeat(2_000_000)), tally('e')];
    expect((await Promise.allSettled(bad)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await items()).toEqual(['d', 'e']);
  });

  it('those that are too large together are written one by one', async () => {
    const { tally, items } = world();
    const large = ['a', 'b', 'c'].map((letter) => letter.repeat(500_000));
    await Promise.all(large.map((item) => tally(item)));
    expect(await items()).toEqual(large);
  });
});

describe('a store that is away', () => {
  it('fails everything that waits for the stream: a command that is sent again is not overtaken', async () => {
    const { tally, items, guard } = world();
    guard.failing = 1;
    const sent = [tally('a'), tally('b'), tally('c')];
    expect((await Promise.allSettled(sent)).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await items()).toEqual([]);
    await Promise.all([tally('a'), tally('b')]);
    expect(await items()).toEqual(['a', 'b']);
  });
});

describe('a snapshot that cannot be read', () => {
  it('costs time, not the command: whoever sent it takes any other error for a mistake in the program', async () => {
    const away: SnapshotStore = { load: () => Promise.reject(new DatabaseUnavailable('away')), save: () => Promise.reject(new DatabaseUnavailable('away')) };
    const { tally, items } = world(away, { ...tallyDecider, snapshots: true } as typeof tallyDecider);
    await tally('a');
    expect(await items()).toEqual(['a']);
  });
});
