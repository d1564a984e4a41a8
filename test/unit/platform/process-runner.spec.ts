import type { Clock } from '../../../src/kernel/clock.js';
import { DomainError } from '../../../src/kernel/errors.js';
import type { RecordedEvent } from '../../../src/kernel/event.js';
import type { Process } from '../../../src/kernel/process.js';
import { CommandDispatcher } from '../../../src/platform/event-store/command-dispatcher.js';
import { CommandExecutor } from '../../../src/platform/event-store/command-executor.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { AlarmCounter } from '../../../src/platform/observability/alarms.port.js';
import { InMemoryCheckpoints } from '../../../src/platform/subscriptions/in-memory-checkpoints.js';
import { InMemoryLeases, InMemoryLeaseTable } from '../../../src/platform/subscriptions/in-memory-leases.js';
import { InMemoryParkedEvents } from '../../../src/platform/subscriptions/in-memory-parked-events.js';
import { ProcessRunner, type ProcessRunnerOptions } from '../../../src/platform/subscriptions/process-runner.js';
import { Reader } from '../../../src/platform/subscriptions/reader.js';
import { Watermark } from '../../../src/platform/subscriptions/watermark.js';
import { ManualClock, SeededRandom, settle } from '../../support/manual-clock.js';
import { tallyDecider, tallySpecs } from '../../support/sample-decider.js';
import { counted, sampleCatalog, sampleLog } from '../../support/sample-log.js';

const itemOf = (event: RecordedEvent): string => {
  const { counterId, by } = event.data as { counterId: string; by: number };
  return `${counterId}:${by}`;
};

const tallying = (name = 'tallying', more: Partial<Process> = {}): Process => ({
  name,
  actor: { kind: 'process', id: name },
  eventTypes: ['Counted'],
  react: (event) => [{ stream: `tally-${(event.data as { counterId: string }).counterId}`, type: 'Tally', data: { item: itemOf(event) } }],
  ...more,
});

/** One process of the operating system: it shares store, checkpoints, parked events and clock with others. */
const world = () => {
  const clock = new ManualClock();
  const store = new InMemoryEventStore({ clock });
  const leaseTable = new InMemoryLeaseTable(clock);
  const checkpoints = new InMemoryCheckpoints(leaseTable);
  const parked = new InMemoryParkedEvents();
  const writer = sampleLog(clock, { store, catalog: sampleCatalog(tallySpecs) });
  const boot = async (processes: readonly Process[], options: Partial<ProcessRunnerOptions> = {}, wrap: (dispatcher: CommandDispatcher) => CommandDispatcher = (it) => it) => {
    const { log } = sampleLog(clock, { store, catalog: sampleCatalog(tallySpecs), keys: writer.keys });
    const alarms = new AlarmCounter();
    const reader = new Reader(log, clock, alarms);
    await reader.start();
    const dispatcher = wrap(new CommandDispatcher(new CommandExecutor(log), [tallyDecider]));
    const runner = new ProcessRunner({ reader, log, dispatcher, clock, alarms, checkpoints, parked }, processes, { name: 'group', ...options });
    await runner.start();
    const quiet = async (): Promise<void> => {
      await reader.drained();
      await runner.settled();
    };
    return { log, reader, runner, alarms, quiet };
  };
  const items = async (id: string): Promise<string[]> => (await writer.log.readStream(`tally-${id}`)).map((event) => (event.data as { item: string }).item);
  return { clock, store, checkpoints, parked, leases: new InMemoryLeases(clock, leaseTable), write: writer.write, boot, items, log: writer.log };
};

/** A dispatcher that something happens to before the real one is asked. */
const intercepting = (inner: CommandDispatcher, before: (stream: string) => Promise<void>): CommandDispatcher =>
  Object.assign(Object.create(CommandDispatcher.prototype) as CommandDispatcher, {
    dispatch: async (...args: Parameters<CommandDispatcher['dispatch']>) => {
      await before(args[0]);
      return inner.dispatch(...args);
    },
  });

const sleepOn = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));

describe('the process runner', () => {
  test('issues commands in the name of the process, tied to the event that caused them', async () => {
    const { boot, write, log } = world();
    const { quiet, runner } = await boot([tallying()]);
    await write(counted('a', 'x', 1, { $correlationId: 'story', tenantId: 'globex' }));
    await quiet();
    const [cause] = await log.readStream('counter-x');
    const [event] = await log.readStream('tally-x');
    expect(event?.metadata).toMatchObject({ tenantId: 'globex', $correlationId: 'story', $causationId: cause?.id, actor: { kind: 'process', id: 'tallying' }, occurredAt: '2026-01-01T00:00:00.000Z' });
    await runner.stop();
  });

  test('keeps the order within a correlation id and works on others meanwhile', async () => {
    const { boot, write, items, clock } = world();
    const random = new SeededRandom(7);
    let most = 0;
    let inHand = 0;
    const { quiet, runner } = await boot([tallying()], { parallel: 4 }, (inner) => intercepting(inner, async () => {
      inHand += 1;
      most = Math.max(most, inHand);
      await sleepOn(clock, random.below(50));
      inHand -= 1;
    }));
    for (let i = 0; i < 60; i += 1) await write(counted(`e${i}`, `c${i % 6}`, i));
    const done = quiet();
    await clock.advance(10_000);
    await done;
    for (let c = 0; c < 6; c += 1) expect(await items(`c${c}`)).toEqual(Array.from({ length: 10 }, (_, i) => `c${c}:${c + 6 * i}`));
    expect(most).toBe(4);
    await runner.stop();
  });

  test('keeps the order of what belongs together by its own word, whatever it is correlated with; where it has none, by correlation id', async () => {
    const { boot, write, items, clock } = world();
    const random = new SeededRandom(11);
    const lanes = tallying('tallying', { laneOf: (event) => (itemOf(event).startsWith('none') ? undefined : itemOf(event).split(':')[0]) });
    const { quiet, runner } = await boot([lanes], { parallel: 8 }, (inner) => intercepting(inner, () => sleepOn(clock, random.below(50))));
    for (let i = 0; i < 30; i += 1) await write(counted(`e${i}`, `c${i % 2}`, i, { $correlationId: `call-${i}` }), counted(`n${i}`, 'none', i, { $correlationId: 'together' }));
    const done = quiet();
    await clock.advance(10_000);
    await done;
    for (let c = 0; c < 2; c += 1) expect(await items(`c${c}`)).toEqual(Array.from({ length: 15 }, (_, i) => `c${c}:${c + 2 * i}`));
    expect(await items('none')).toEqual(Array.from({ length: 30 }, (_, i) => `none:${i}`));
    await runner.stop();
  });

  test('an instance that was stopped is the lane: what belongs to it waits, also of other correlation ids', async () => {
    const { boot, write, items, parked, clock } = world();
    let broken = true;
    const react = tallying().react;
    const lanes = tallying('tallying', { laneOf: (event) => itemOf(event).split(':')[0], react: (event) => {
      if (broken && itemOf(event) === 'x:1') throw new Error('a mistake');
      return react(event);
    } });
    const { quiet, runner, alarms } = await boot([lanes]);
    await write(counted('a', 'x', 1, { $correlationId: 'one' }), counted('b', 'x', 2, { $correlationId: 'two' }), counted('c', 'y', 3, { $correlationId: 'two' }));
    await quiet();
    expect([await items('x'), await items('y'), (await parked.waiting()).map(({ lane }) => lane), alarms.count('process-instance-stopped')]).toEqual([[], ['y:3'], ['x', 'x'], 1]);
    broken = false;
    expect(await parked.retry('tallying', 'x')).toBe(2);
    await clock.advance(1_000);
    expect([await items('x'), await parked.waiting(), runner.stoppedInstances]).toEqual([['x:1', 'x:2'], [], 0]);
    await runner.stop();
  });

  test('after a crash between handling and checkpoint, the commands are issued again and nothing happens twice', async () => {
    const { boot, write, items, checkpoints } = world();
    const first = await boot([tallying()], { checkpointMs: 60_000 });
    for (let i = 0; i < 10; i += 1) await write(counted(`e${i}`, 'x', i));
    await first.quiet();
    // No stop: the first process is gone without a checkpoint.
    await first.reader.stop();
    expect(await checkpoints.load('group')).toBeUndefined();
    const second = await boot([tallying()]);
    await second.quiet();
    expect(await items('x')).toEqual(Array.from({ length: 10 }, (_, i) => `x:${i}`));
    await second.runner.stop();
    expect((await checkpoints.load('group'))?.position).toBe(20n);
  });

  test('the checkpoint stays below what is unfinished', async () => {
    const { boot, write, checkpoints, clock } = world();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { quiet, runner } = await boot([tallying()], {}, (inner) => intercepting(inner, (stream) => (stream === 'tally-slow' ? held : Promise.resolve())));
    await write(counted('a', 'quick'), counted('b', 'slow'), counted('c', 'other'));
    await clock.advance(1_000);
    expect((await checkpoints.load('group'))?.position).toBe(1n);
    release();
    await quiet();
    await clock.advance(1_000);
    expect((await checkpoints.load('group'))?.position).toBe(6n);
    await runner.stop();
  });

  test('a refusal leads to the command for that case, or is a no', async () => {
    const { boot, write, items } = world();
    const { quiet, runner, alarms } = await boot([
      tallying('with', {
        react: (event) => [{ stream: 'tally-x', type: 'Tally', data: { item: itemOf(event), limit: 1 }, onRefused: (code) => ({ stream: 'tally-refused', type: 'Tally', data: { item: `${itemOf(event)} ${code}` } }) }],
      }),
      tallying('without', { react: (event) => [{ stream: 'tally-y', type: 'Tally', data: { item: itemOf(event), limit: 0 } }] }),
    ]);
    await write(counted('a', 'x', 1), counted('b', 'x', 2));
    await quiet();
    expect(await items('x')).toEqual(['x:1']);
    expect(await items('refused')).toEqual(['x:2 tally-full']);
    expect(await items('y')).toEqual([]);
    expect(alarms.counts.size).toBe(0);
    await runner.stop();
  });

  test.each([
    ['a store that is away', new DomainError('unavailable', 'event-store-unavailable', 'away')],
    ['contention', new DomainError('conflict', 'too-much-contention', 'later')],
  ])('%s is waited for', async (_, error) => {
    const { boot, write, items, clock } = world();
    let failures = 8;
    const { quiet, runner } = await boot([tallying()], {}, (inner) => intercepting(inner, async () => {
      if ((failures -= 1) >= 0) throw error;
    }));
    await write(counted('a', 'x', 1));
    const done = quiet();
    await clock.advance(60_000);
    await done;
    expect(await items('x')).toEqual(['x:1']);
    await runner.stop();
  });

  test('a mistake stops that instance alone, also over a restart; retry and skip let it go on in order', async () => {
    const { boot, write, items, parked, clock } = world();
    let broken = true;
    const process = tallying('tallying', {
      react: (event) => {
        if (broken && itemOf(event) === 'x:2') throw new Error('mistake');
        return tallying().react(event);
      },
    });
    const first = await boot([process]);
    await write(counted('a', 'x', 1), counted('b', 'x', 2), counted('c', 'y', 1), counted('d', 'x', 3));
    await first.quiet();
    expect([await items('x'), await items('y')]).toEqual([['x:1'], ['y:1']]);
    expect(first.alarms.count('process-instance-stopped')).toBe(1);
    expect((await parked.waiting('tallying')).map(({ lane, revision, error }) => [lane, revision, error])).toEqual([['x', 1n, 'Error: mistake'], ['x', 2n, '']]);
    await first.runner.stop();

    const second = await boot([process]);
    expect(second.runner.stoppedInstances).toBe(1);
    await write(counted('e', 'x', 4));
    await second.quiet();
    expect(await items('x')).toEqual(['x:1']);
    expect(await parked.retry('tallying', 'x')).toBe(3);
    await clock.advance(1_000);
    expect([await items('x'), second.alarms.count('process-instance-stopped')]).toEqual([['x:1'], 1]);
    broken = false;
    await parked.retry('tallying', 'x');
    await clock.advance(1_000);
    await write(counted('f', 'x', 5));
    await second.quiet();
    expect(await items('x')).toEqual(['x:1', 'x:2', 'x:3', 'x:4', 'x:5']);
    expect([await parked.waiting(), second.runner.stoppedInstances]).toEqual([[], 0]);

    broken = true;
    await write(counted('g', 'x', 2), counted('h', 'x', 6));
    await second.quiet();
    const [bad] = await parked.waiting();
    expect(await parked.skip('tallying', bad?.position ?? 0n, 'the caller hung up long ago', 'ann')).toBe(true);
    await clock.advance(1_000);
    expect(await items('x')).toEqual(['x:1', 'x:2', 'x:3', 'x:4', 'x:5', 'x:6']);
    await second.runner.stop();
  });

  test('who has lost the lease writes no checkpoint and stops', async () => {
    const { boot, write, checkpoints, clock, leases } = world();
    const lease = await leases.acquire('group', 'first');
    let lost = 0;
    const first = await boot([tallying()], { lease: lease!, onLost: () => (lost += 1) });
    await write(counted('a', 'x', 1));
    await clock.advance(500);
    expect((await checkpoints.load('group'))?.position).toBe(2n);
    await lease?.release();
    const taken = await leases.acquire('group', 'second');
    await write(counted('b', 'x', 2));
    await clock.advance(500);
    expect((await checkpoints.load('group'))?.position).toBe(2n);
    expect([lost, first.reader.status()]).toEqual([1, []]);
    await taken?.release();
  });

  test('who finds at the end that the lease is lost leaves the one who follows in the same process alone', async () => {
    const { boot, write, checkpoints, parked, clock, leases, items } = world();
    const before = await leases.acquire('group', 'first');
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let commands = 0;
    const first = await boot([tallying()], { lease: before! }, (inner) => intercepting(inner, async () => ((commands += 1) === 2 ? held : undefined)));
    await write(counted('a', 'x', 1));
    await settle();
    await write(counted('b', 'x', 2));
    await settle();
    await before?.release();
    const lease = await leases.acquire('group', 'first again');
    const ending = first.runner.stop();
    const { reader, log, alarms } = first;
    const dispatcher = new CommandDispatcher(new CommandExecutor(log), [tallyDecider]);
    const second = new ProcessRunner({ reader, log, dispatcher, clock, alarms, checkpoints, parked }, [tallying()], { name: 'group', lease: lease! });
    await second.start();
    release();
    await ending;
    await write(counted('c', 'x', 3));
    await clock.advance(500);
    expect(alarms.counts.get('lease-lost')).toBe(1);
    expect(await items('x')).toEqual(['x:1', 'x:2', 'x:3']);
    await second.stop();
    await lease?.release();
  });

  test('refuses a checkpoint of another log', async () => {
    const { boot, checkpoints } = world();
    await checkpoints.save('group', { position: 5n, logId: 'elsewhere' });
    await expect(boot([tallying()])).rejects.toThrow('belongs to log elsewhere');
  });

  test('a flood is taken in portions and stopping in the middle loses nothing', async () => {
    const { boot, write, items, clock, checkpoints } = world();
    for (let i = 0; i < 300; i += 1) await write(counted(`e${i}`, `c${i % 30}`, i));
    const slowly = (inner: CommandDispatcher): CommandDispatcher => intercepting(inner, () => sleepOn(clock, 10));
    const first = await boot([tallying()], { maxUnfinished: 20, parallel: 5 }, slowly);
    await clock.advance(200);
    const stopping = first.runner.stop();
    await clock.advance(100);
    await stopping;
    const reached = (await checkpoints.load('group'))?.position ?? 0n;
    expect(reached).toBeGreaterThan(10n);
    expect(reached).toBeLessThan(200n);
    const second = await boot([tallying()], { maxUnfinished: 20, parallel: 5 }, slowly);
    const done = second.quiet();
    await clock.advance(60_000);
    await done;
    for (let c = 0; c < 30; c += 1) expect(await items(`c${c}`)).toEqual(Array.from({ length: 10 }, (_, i) => `c${c}:${c + 30 * i}`));
    await settle();
    await second.runner.stop();
  });
});

describe('the watermark', () => {
  test('is the highest position with nothing unfinished at or below it, in whatever order work ends', () => {
    const random = new SeededRandom(42);
    const watermark = new Watermark(0n);
    const open = new Map<bigint, () => void>();
    for (let position = 1n; position <= 3_000n; position += 1n) {
      const work = watermark.begin(position, 1);
      open.set(position, () => work.done());
      watermark.seen(position);
      while (open.size > 50 || (open.size > 0 && random.next() < 0.4)) {
        const chosen = [...open.keys()][random.below(open.size)] ?? 0n;
        open.get(chosen)?.();
        open.delete(chosen);
        const lowest = [...open.keys()][0];
        expect(watermark.position).toBe(lowest === undefined ? position : lowest - 1n);
      }
    }
  });
});
