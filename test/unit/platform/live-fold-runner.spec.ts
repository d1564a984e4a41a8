import type { Json } from '../../../src/kernel/event.js';
import { InMemorySnapshots } from '../../../src/platform/event-store/in-memory/in-memory-snapshots.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { AlarmCounter } from '../../../src/platform/observability/alarms.port.js';
import { LiveFoldRunner } from '../../../src/platform/subscriptions/live-fold-runner.js';
import type { LiveFold } from '../../../src/platform/subscriptions/live-fold.js';
import { Reader } from '../../../src/platform/subscriptions/reader.js';
import { ManualClock } from '../../support/manual-clock.js';
import { counted, sample, sampleLog } from '../../support/sample-log.js';

/** Sums per counter; `applied` counts the events that it was given since its start. */
const sums = (version = 1) => {
  const totals = new Map<string, number>();
  const fold: LiveFold = {
    name: 'sums',
    version,
    eventTypes: ['Counted', 'Reset'],
    apply: (event) => {
      made.applied += 1;
      const { counterId, by } = event.data as { counterId: string; by?: number };
      totals.set(counterId, event.type === 'Reset' ? 0 : (totals.get(counterId) ?? 0) + (by ?? 0));
    },
    snapshot: () => [...totals].map(([id, total]) => [id, total]) as Json,
    restore: (state) => {
      for (const [id, total] of state as [string, number][]) totals.set(id, total);
    },
  };
  const made = { fold, totals, applied: 0 };
  return made;
};

const world = () => {
  const clock = new ManualClock();
  const store = new InMemoryEventStore({ clock, logId: 'log-1' });
  const { log, write } = sampleLog(clock, { store });
  const snapshots = new InMemorySnapshots();
  const alarms = new AlarmCounter();
  const boot = async (folds: readonly LiveFold[], options: { readonly snapshotEvery?: number; readonly snapshotMs?: number; readonly logId?: string } = {}) => {
    const reader = new Reader(log, clock, alarms);
    await reader.start();
    const runner = new LiveFoldRunner({ reader, logId: options.logId ?? 'log-1', alarms, clock, snapshots }, folds, { name: 'folds', ...options });
    await runner.start();
    await runner.caughtUp();
    return runner;
  };
  return { clock, write, boot, log, alarms };
};

describe('live folds', () => {
  test('go on when somebody who listens fails', async () => {
    const { boot, write, alarms } = world();
    const one = sums();
    const runner = await boot([one.fold]);
    const heard: bigint[] = [];
    runner.onApplied(() => {
      throw new Error('a mistake');
    });
    runner.onApplied((_events, upTo) => void heard.push(upTo));
    await write(counted('a', 'x', 1));
    await write(counted('b', 'x', 2));
    await runner.caughtUp();
    expect([one.totals.get('x'), heard.at(-1), alarms.counts.get('live-fold-listener-failed')]).toEqual([3, 2n, 2]);
    await runner.stop();
  });

  test('are current in the very tick of a commit, and tell who listens after all of them', async () => {
    const { boot, log } = world();
    const [one, other] = [sums(), { ...sums(), }];
    const runner = await boot([one.fold, { ...other.fold, name: 'other' }]);
    const heard: number[] = [];
    runner.onApplied(() => heard.push(one.totals.get('x') ?? 0, other.totals.get('x') ?? 0));
    let inside = 0;
    log.onCommitted(() => (inside = one.totals.get('x') ?? 0));
    await log.append('counter-x', 'no_stream', [counted('a', 'x', 5)]);
    expect([inside, runner.position, heard]).toEqual([5, 1n, [5, 5]]);
    await runner.stop();
  });

  test('go on from their snapshot and apply only what came after it', async () => {
    const { boot, write } = world();
    const first = sums();
    const runner = await boot([first.fold]);
    await write(counted('a', 'x', 5), counted('b', 'y', 1), sample('r', 'Reset', { counterId: 'y' }));
    await runner.caughtUp();
    await runner.stop();
    await write(counted('c', 'x', 2));
    const second = sums();
    const restarted = await boot([second.fold]);
    expect([second.applied, Object.fromEntries(second.totals)]).toEqual([1, { x: 7, y: 0 }]);
    await restarted.stop();
  });

  test('one with an older snapshot catches up without the others applying anything twice', async () => {
    const { boot, write } = world();
    const old = sums();
    await write(counted('a', 'x', 1));
    await (await boot([old.fold])).stop();
    await write(counted('b', 'x', 1));
    const [known, fresh] = [sums(), sums()];
    const runner = await boot([known.fold, { ...fresh.fold, name: 'fresh' }]);
    expect([known.applied, fresh.applied, known.totals.get('x'), fresh.totals.get('x')]).toEqual([1, 2, 2, 2]);
    await runner.stop();
  });

  test('save themselves while they run; a crash loses nothing but time', async () => {
    const { boot, write } = world();
    const runner = await boot([sums().fold], { snapshotEvery: 10, snapshotMs: 0 });
    for (let i = 0; i < 25; i += 1) await write(counted(`e${i}`, 'x', 1));
    await runner.caughtUp();
    const second = sums();
    await (await boot([second.fold])).stop();
    expect([second.applied, second.totals.get('x')]).toEqual([5, 25]);
  });

  test('do not look through again what was not for them: they save themselves by how far the log has moved, and not more often than is good', async () => {
    const { boot, write, clock } = world();
    await boot([sums().fold], { snapshotEvery: 10, snapshotMs: 1_000 });
    for (let i = 0; i < 25; i += 1) await write(sample(`n${i}`, 'Noted', { counterId: 'x', personId: 'x', text: null }));
    await write(counted('first', 'x', 1));
    const early = sums();
    await boot([early.fold]);
    const appliedEarly = early.applied;
    await clock.advance(1_000);
    await write(counted('second', 'x', 1));
    await write(counted('third', 'x', 1));
    const late = sums();
    await boot([late.fold]);
    expect([appliedEarly, late.applied, late.totals.get('x')]).toEqual([1, 1, 3]);
  });

  test.each([
    ['another version', 2, 'log-1'],
    ['another log', 1, 'log-2'],
  ])('a snapshot of %s is left aside', async (_, version, logId) => {
    const { boot, write } = world();
    await write(counted('a', 'x', 5));
    await (await boot([sums().fold])).stop();
    const second = sums(version);
    await (await boot([second.fold], { logId })).stop();
    expect([second.applied, second.totals.get('x')]).toEqual([1, 5]);
  });

  test('a fold that could not apply an event is not saved any more: the next start, perhaps of a newer program, applies it', async () => {
    const { boot, write } = world();
    const [old, other] = [sums(), sums()];
    const readsAll = old.fold.apply.bind(old.fold);
    old.fold.apply = (event) => {
      if (event.type === 'Reset') throw new TypeError('not known here');
      readsAll(event);
    };
    const folds = [old.fold, { ...other.fold, name: 'other' }];
    const runner = await boot(folds, { snapshotEvery: 1, snapshotMs: 0 });
    await write(counted('a', 'x', 5));
    await write(sample('r', 'Reset', { counterId: 'x' }));
    await write(counted('b', 'x', 2));
    await runner.caughtUp();
    await runner.stop();
    const [newer, again] = [sums(), sums()];
    await (await boot([newer.fold, { ...again.fold, name: 'other' }])).stop();
    expect([old.totals.get('x'), newer.totals.get('x'), again.totals.get('x'), again.applied]).toEqual([7, 2, 2, 0]);
  });

  test('a fold that throws is reported, and the others go on', async () => {
    const { boot, write, alarms } = world();
    const good = sums();
    const runner = await boot([{ ...sums().fold, name: 'bad', apply: () => { throw new Error('mistake'); } }, good.fold]);
    await write(counted('a', 'x', 5));
    await runner.caughtUp();
    expect([alarms.count('live-fold-failed'), good.totals.get('x')]).toEqual([1, 5]);
    await runner.stop();
  });
});
