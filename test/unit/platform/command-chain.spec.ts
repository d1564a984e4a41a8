import type { Command } from '../../../src/kernel/command.js';
import type { Process } from '../../../src/kernel/process.js';
import { CommandDispatcher } from '../../../src/platform/event-store/command-dispatcher.js';
import { CommandExecutor } from '../../../src/platform/event-store/command-executor.js';
import type { EventStore } from '../../../src/platform/event-store/event-store.port.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { processCommandId } from '../../../src/platform/event-store/process-command-meta.js';
import { ManualClock } from '../../support/manual-clock.js';
import { tallyDecider, tallySpecs } from '../../support/sample-decider.js';
import { sampleCatalog, sampleLog } from '../../support/sample-log.js';

/** What is put on tally 1 as `>2 x` is put on tally 2 as `x` as well, and so on. */
const passOn: Process = {
  name: 'pass-on',
  actor: { kind: 'process', id: 'pass-on' },
  eventTypes: ['Tallied'],
  react: ({ data }) => {
    const [, to, item = ''] = /^>(\d+) (.*)$/.exec((data as { item: string }).item) ?? [];
    return to === undefined ? [] : [{ stream: `tally-${to}`, type: 'Tally', data: { item, ...(item === 'full' ? { limit: 0 } : {}) } }];
  },
};

const world = (over: (store: InMemoryEventStore) => Partial<EventStore> = () => ({})) => {
  const clock = new ManualClock();
  const store = new InMemoryEventStore({ clock });
  let together = 0;
  const counting = Object.assign(Object.create(store) as InMemoryEventStore, { appendTogether: (...args: Parameters<InMemoryEventStore['appendTogether']>) => ((together += 1), store.appendTogether(...args)) }, over(store));
  const { log } = sampleLog(clock, { store: counting, catalog: sampleCatalog(tallySpecs) });
  const dispatcher = new CommandDispatcher(new CommandExecutor(log), [tallyDecider]);
  const send = (tally: number, item: string, commandId = `to-${tally}-${item}`, followedBy: readonly Process[] = [passOn]) => {
    const meta: Command['meta'] = { commandId, tenantId: 'acme', at: '2026-01-01T00:00:00.000Z', actor: { kind: 'system', id: 'test' }, correlationId: 'x', causationId: 'x' };
    return dispatcher.dispatch(`tally-${tally}`, { type: 'Tally', data: { item }, meta }, followedBy);
  };
  /** Streams that are in memory, as those that a chain may write to. */
  const open = async (...tallies: number[]): Promise<void> => {
    for (const tally of tallies) await send(tally, 'begin', `begin-${tally}`, []);
  };
  const all = async (): Promise<string[]> => (await store.readAll({ maxCount: 100 })).map(({ stream, data }) => `${stream.slice(6)}:${(data as { item?: string }).item ?? 'closed'}`);
  return { store, send, open, all, together: () => together };
};

describe('a command with what follows from it', () => {
  it('is one append, in the order of causes', async () => {
    const { send, open, all, together } = world();
    await open(1, 2, 3);
    const { position, revision, duplicate } = await send(1, '>2 >1 x');
    expect({ position, revision, duplicate }).toEqual({ position: 4n, revision: 1n, duplicate: false });
    expect(together()).toBe(1);
    expect((await all()).slice(3)).toEqual(['1:>2 >1 x', '2:>1 x', '1:x']);
    await send(1, 'y');
    await send(2, 'z');
    expect((await all()).slice(6)).toEqual(['1:y', '2:z']);
  });

  it('has the ids that the process itself would give it, so that the process repeats nothing', async () => {
    const { store, send, open, all } = world();
    await open(1, 2);
    await send(1, '>2 x');
    const [cause, effect] = (await store.readAll({ after: 2n, maxCount: 2 }));
    expect(effect?.metadata).toMatchObject({ commandId: processCommandId(passOn, cause!, 0), $causationId: cause?.id, actor: passOn.actor });
    expect(await send(2, 'x', processCommandId(passOn, cause!, 0))).toMatchObject({ duplicate: true, position: 4n });
    expect(await send(1, '>2 x')).toMatchObject({ duplicate: true, position: 3n });
    expect((await all()).slice(2)).toEqual(['1:>2 x', '2:x']);
  });

  it.each([
    ['a stream that is not in memory', [1], '>2 x'],
    ['one that refuses', [1, 2], '>2 full'],
    ['a chain that has no end', [1, 2], '>2 >1 >2 >1 >2 >1 >2 >1 >2 >1 >2 >1 >2 >1 >2 >1 >2 x'],
  ])('is carried out alone before %s', async (_what, tallies, item) => {
    const { send, open, all, together } = world();
    await open(...tallies);
    expect(await send(1, item)).toMatchObject({ duplicate: false });
    expect((await all()).slice(tallies.length)).toEqual([`1:${item}`]);
    expect(together()).toBe(0);
    await send(2, 'free');
    expect((await all()).at(-1)).toBe('2:free');
  });

  it('is carried out alone where a stream is in use', async () => {
    const { send, open, all } = world();
    await open(1, 2);
    await Promise.all([send(2, 'first'), send(1, '>2 x'), send(2, 'second')]);
    expect((await all()).slice(2).sort()).toEqual(['1:>2 x', '2:first', '2:second']);
  });

  it('is one append with the commands that were sent in the same turn, each with its own result', async () => {
    const { send, open, all, together } = world();
    await open(1, 2);
    const results = await Promise.all([send(1, 'a', 'a', []), send(1, '>2 x'), send(1, 'b', 'b', [])]);
    expect(results.map(({ position, revision, duplicate }) => [position, revision, duplicate])).toEqual([[3n, 1n, false], [4n, 2n, false], [5n, 3n, false]]);
    expect(together()).toBe(1);
    expect((await all()).slice(2)).toEqual(['1:a', '1:>2 x', '1:b', '2:x']);
    expect(await send(1, 'b', 'b', [])).toMatchObject({ position: 5n, duplicate: true });
  });

  it('leaves the others that were sent in the same turn to themselves where one of them says nothing new', async () => {
    const { send, open, all, together } = world();
    await open(1, 2);
    const [before] = await Promise.all([send(1, 'begin', 'begin-1', []), send(1, '>2 x'), send(1, 'b', 'b', [])]);
    expect(before).toMatchObject({ duplicate: true, position: 1n });
    expect(together()).toBe(0);
    expect((await all()).slice(2)).toEqual(['1:>2 x', '1:b']);
  });

  it('is waited for by what comes meanwhile to a stream that is part of it', async () => {
    const meanwhile: Promise<unknown>[] = [];
    const { send, open, all } = world((store) => ({
      appendTogether: (appends) => {
        meanwhile.push(send(2, 'after'), send(1, 'behind'));
        return store.appendTogether(appends);
      },
    }));
    await open(1, 2);
    await send(1, '>2 x');
    await Promise.all(meanwhile);
    const recorded = (await all()).slice(2);
    expect(recorded.slice(0, 2)).toEqual(['1:>2 x', '2:x']);
    expect(recorded.slice(2).sort()).toEqual(['1:behind', '2:after']);
  });

  it('is decided again, alone, where another process was first', async () => {
    const { send, open, all, together } = world((store) => ({
      appendTogether: async (appends) => {
        const [event] = appends[1]!.events;
        await store.append('tally-2', 'any', [{ ...event!, id: '00000000-0000-4000-8000-000000000001', data: { item: 'of another process' } }]);
        return store.appendTogether(appends);
      },
    }));
    await open(1, 2);
    expect(await send(1, '>2 x')).toMatchObject({ duplicate: false, revision: 1n });
    expect(together()).toBe(0);
    expect((await all()).slice(2)).toEqual(['2:of another process', '1:>2 x']);
    await send(2, 'free');
    expect((await all()).at(-1)).toBe('2:free');
  });

  it('is found again where the answer to its append was lost', async () => {
    const { send, open, all } = world((store) => ({
      appendTogether: async (appends) => {
        await store.appendTogether(appends);
        throw new Error('the answer is lost');
      },
    }));
    await open(1, 2);
    expect(await send(1, '>2 x')).toMatchObject({ duplicate: true, position: 3n });
    expect((await all()).slice(2)).toEqual(['1:>2 x', '2:x']);
    await send(2, 'free');
    expect((await all()).at(-1)).toBe('2:free');
  });

  it('is carried out alone where a store writes one stream at a time', async () => {
    const { send, open, all } = world(() => ({ appendTogether: undefined }) as unknown as Partial<EventStore>);
    await open(1, 2);
    await send(1, '>2 x');
    expect((await all()).slice(2)).toEqual(['1:>2 x']);
  });
});
