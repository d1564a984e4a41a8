import type { Command } from '../../../src/kernel/command.js';
import { CommandExecutor } from '../../../src/platform/event-store/command-executor.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { ManualClock } from '../../support/manual-clock.js';
import { tallyDecider, tallySpecs } from '../../support/sample-decider.js';
import { sampleCatalog, sampleLog } from '../../support/sample-log.js';

const world = () => {
  const clock = new ManualClock();
  const store = new InMemoryEventStore({ clock });
  const reads: (bigint | undefined)[] = [];
  const counting = Object.assign(Object.create(store) as InMemoryEventStore, {
    readStream: (...args: Parameters<InMemoryEventStore['readStream']>) => {
      reads.push(args[1]?.from);
      return store.readStream(...args);
    },
  });
  let ids = 0;
  const process = () => {
    const executor = new CommandExecutor(sampleLog(clock, { store: counting, catalog: sampleCatalog(tallySpecs) }).log);
    const tally = (item: string) => {
      const meta: Command['meta'] = { commandId: `command-${(ids += 1)}`, tenantId: 'acme', at: '2026-01-01T00:00:00.000Z', actor: { kind: 'system', id: 'test' }, correlationId: 'x', causationId: 'x' };
      return executor.execute(tallyDecider, 'tally-1', { type: 'Tally', data: { item }, meta });
    };
    return { executor, tally };
  };
  return { process, reads };
};

describe('a state that is looked at', () => {
  it('is the newest one, and of what is in memory only what came since is read', async () => {
    const { process, reads } = world();
    const [one, other] = [process(), process()];
    await one.tally('a');
    await one.tally('b');
    await other.tally('c');
    reads.length = 0;
    expect((await one.executor.load(tallyDecider, 'tally-1')).state.items).toEqual(['a', 'b', 'c']);
    expect(reads).toEqual([2n]);
    expect((await one.executor.load(tallyDecider, 'tally-1')).revision).toBe(2n);
    expect(reads).toEqual([2n, 3n]);
    await one.tally('d');
    expect((await other.executor.load(tallyDecider, 'tally-1')).state.items).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is what this process remembers, where that is asked for, and costs no reading', async () => {
    const { process, reads } = world();
    const [one, other] = [process(), process()];
    expect(one.executor.remembered(tallyDecider, 'tally-1')).toBeUndefined();
    await one.tally('a');
    await other.tally('b');
    reads.length = 0;
    expect(one.executor.remembered(tallyDecider, 'tally-1')).toMatchObject({ state: { items: ['a'] }, revision: 0n, tenantId: 'acme' });
    expect(reads).toEqual([]);
  });
});
