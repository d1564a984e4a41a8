import type { Command } from '../../../src/kernel/command.js';
import { CommandExecutor, type CommandResult } from '../../../src/platform/event-store/command-executor.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { ManualClock } from '../../support/manual-clock.js';
import { type TallyCommand, tallyDecider, tallySpecs } from '../../support/sample-decider.js';
import { sampleCatalog, sampleLog } from '../../support/sample-log.js';

const world = () => {
  const clock = new ManualClock();
  const store = new InMemoryEventStore({ clock });
  let reads = 0;
  const counting = Object.assign(Object.create(store) as InMemoryEventStore, { readStream: (...args: Parameters<InMemoryEventStore['readStream']>) => ((reads += 1), store.readStream(...args)) });
  let ids = 0;
  const process = () => {
    const executor = new CommandExecutor(sampleLog(clock, { store: counting, catalog: sampleCatalog(tallySpecs) }).log);
    return <T extends TallyCommand['type']>(type: T, data: Extract<TallyCommand, { type: T }>['data']): Promise<CommandResult> => {
      const commandId = `0000000${(ids += 1)}`.slice(-8);
      const meta: Command['meta'] = { commandId, tenantId: 'acme', at: '2026-01-01T00:00:00.000Z', actor: { kind: 'system', id: 'test' }, correlationId: 'x', causationId: 'x' };
      return executor.execute(tallyDecider, 'tally-1', { type, data, meta } as TallyCommand);
    };
  };
  const items = async (): Promise<string[]> => (await store.readStream('tally-1')).map(({ type, data }) => (type === 'Tallied' ? (data as { item: string }).item : type));
  return { process, items, reads: () => reads };
};

describe('two processes that write one stream', () => {
  it('a refusal rests on what the other has written, not on what this one remembers', async () => {
    const { process, items } = world();
    const [one, other] = [process(), process()];
    await one('Tally', { item: 'a' });
    await other('Tally', { item: 'b' });
    await other('CloseTally', {});
    await expect(one('Tally', { item: 'c', limit: 1 })).rejects.toMatchObject({ code: 'tally-closed' });
    expect(await items()).toEqual(['a', 'b', 'TallyClosed']);
  });

  it('what this one remembers is asked again, and only then', async () => {
    const { process, reads } = world();
    const one = process();
    await one('Tally', { item: 'a' });
    const before = reads();
    await one('Tally', { item: 'b' });
    expect(reads()).toBe(before);
    await expect(one('Tally', { item: 'c', limit: 2 })).rejects.toMatchObject({ code: 'tally-full' });
    expect(reads()).toBe(before + 1);
  });

  it('a refusal that rests on an append which fails is decided again with it', async () => {
    const { process, items } = world();
    const [one, other] = [process(), process()];
    await one('Tally', { item: 'a' });
    await other('Tally', { item: 'b' });
    // One append: the second is refused because of the first, which another process forestalls.
    const results = await Promise.allSettled([one('CloseTally', {}), one('Tally', { item: 'c' }), other('Tally', { item: 'd' })]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', expect.any(String)]);
    expect((await items()).at(-1)).toBe('TallyClosed');
  });
});
