import type { Command } from '../../../src/kernel/command.js';
import { CommandExecutor, type CommandResult } from '../../../src/platform/event-store/command-executor.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { ManualClock } from '../../support/manual-clock.js';
import { type TallyCommand, tallyDecider, tallySpecs } from '../../support/sample-decider.js';
import { sampleCatalog, sampleLog } from '../../support/sample-log.js';

const opening = { ...tallyDecider, opens: ['Tally'] as const };

const world = () => {
  const clock = new ManualClock();
  const store = new InMemoryEventStore({ clock });
  let reads = 0;
  const counting = Object.assign(Object.create(store) as InMemoryEventStore, { readStream: (...args: Parameters<InMemoryEventStore['readStream']>) => ((reads += 1), store.readStream(...args)) });
  const process = () => {
    const executor = new CommandExecutor(sampleLog(clock, { store: counting, catalog: sampleCatalog(tallySpecs) }).log);
    return (commandId: string, item: string, limit?: number): Promise<CommandResult> => {
      const meta: Command['meta'] = { commandId, tenantId: 'acme', at: '2026-01-01T00:00:00.000Z', actor: { kind: 'system', id: 'test' }, correlationId: 'x', causationId: 'x' };
      return executor.execute(opening, 'tally-1', { type: 'Tally', data: { item, ...(limit === undefined ? {} : { limit }) }, meta } as TallyCommand);
    };
  };
  const items = async (): Promise<unknown[]> => (await store.readStream('tally-1')).map(({ data }) => (data as { item: string }).item);
  return { process, items, reads: () => reads };
};

describe('a command that usually comes first in its stream', () => {
  it('is carried out without reading a stream that is not there', async () => {
    const { process, items, reads } = world();
    const one = process();
    expect(await one('c1', 'a')).toMatchObject({ revision: 0n });
    expect(await one('c2', 'b')).toMatchObject({ revision: 1n });
    expect(reads()).toBe(0);
    expect(await items()).toEqual(['a', 'b']);
  });

  it('is decided again on what is there, where it was not the first', async () => {
    const { process, items } = world();
    const [one, other] = [process(), process()];
    await one('c1', 'a');
    await expect(other('c2', 'b', 1)).rejects.toMatchObject({ code: 'tally-full' });
    expect(await other('c3', 'b', 2)).toMatchObject({ revision: 1n });
    expect(await items()).toEqual(['a', 'b']);
  });

  it('is carried out once when another process repeats it after more has happened, and what follows rests on all of it', async () => {
    const { process, items } = world();
    const [one, other] = [process(), process()];
    const first = await one('c1', 'a');
    await one('c2', 'b');
    expect(await other('c1', 'a')).toMatchObject({ position: first.position, revision: 0n });
    await expect(other('c3', 'c', 2)).rejects.toMatchObject({ code: 'tally-full' });
    expect(await items()).toEqual(['a', 'b']);
  });

  it('several that wait together are one append, repeated or not', async () => {
    const { process, items } = world();
    const [one, other] = [process(), process()];
    await Promise.all([one('c1', 'a'), one('c2', 'b')]);
    await Promise.all([other('c1', 'a'), other('c2', 'b'), other('c3', 'c')]);
    expect(await items()).toEqual(['a', 'b', 'c']);
  });
});
