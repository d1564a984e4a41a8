import type { Command } from '../../../src/kernel/command.js';
import type { Decider } from '../../../src/kernel/decider.js';
import { DomainError } from '../../../src/kernel/errors.js';
import type { DomainEvent, EventSpecs } from '../../../src/kernel/event.js';
import type { Effect, EffectKind, Outcome, Probe } from '../../../src/platform/effects/effect-kind.js';
import { EffectRunner } from '../../../src/platform/effects/effect-runner.js';
import { CommandDispatcher } from '../../../src/platform/event-store/command-dispatcher.js';
import { CommandExecutor } from '../../../src/platform/event-store/command-executor.js';
import { InMemorySnapshots } from '../../../src/platform/event-store/in-memory/in-memory-snapshots.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { AlarmCounter } from '../../../src/platform/observability/alarms.port.js';
import { LiveFoldRunner } from '../../../src/platform/subscriptions/live-fold-runner.js';
import { Reader } from '../../../src/platform/subscriptions/reader.js';
import { ManualClock, settle } from '../../support/manual-clock.js';
import { sampleCatalog, sampleLog } from '../../support/sample-log.js';

interface Wish {
  readonly id: string;
  readonly lane: string;
  readonly guarantee: 'probed' | 'at-most-once';
  readonly deadlineAt: string;
}
type DeedEvent = DomainEvent<'DeedRequested', Wish> | DomainEvent<'DeedStarted', { readonly id: string }> | DomainEvent<'DeedSettled', { readonly id: string; readonly outcome: string; readonly detail: string }>;
type DeedCommand = Command<'Ask', Wish> | Command<'Start', { readonly id: string; readonly refused?: boolean }> | Command<'Settle', { readonly id: string; readonly outcome: string; readonly detail: string }>;

const deedSpecs: EventSpecs<DeedEvent> = { DeedRequested: { version: 1 }, DeedStarted: { version: 1 }, DeedSettled: { version: 1 } };

const deeds: Decider<{ readonly started: readonly string[]; readonly settled: readonly string[] }, DeedCommand, DeedEvent> = {
  category: 'deeds',
  version: 1,
  eventTypes: ['DeedRequested', 'DeedStarted', 'DeedSettled'],
  initialState: { started: [], settled: [] },
  decide: (command, state) => {
    if (command.type === 'Ask') return [{ type: 'DeedRequested', data: command.data }];
    if (command.type === 'Start') {
      if (command.data.refused === true) throw new DomainError('conflict', 'too-late', 'nobody wants it any more');
      return state.started.includes(command.data.id) ? [] : [{ type: 'DeedStarted', data: command.data }];
    }
    return state.settled.includes(command.data.id) ? [] : [{ type: 'DeedSettled', data: command.data }];
  },
  evolve: (state, event) =>
    event.type === 'DeedStarted' ? { ...state, started: [...state.started, event.data.id] } : event.type === 'DeedSettled' ? { ...state, settled: [...state.settled, event.data.id] } : state,
};

const done: Outcome = { outcome: 'succeeded', detail: 'done' };

/** The outside world: what was done in it, and how it answers. */
const outside = (turnEnds: EffectKind<string>['turnEnds'] = 'done') => {
  const world = {
    performed: [] as string[],
    probed: [] as string[],
    ready: true,
    perform: (_id: string): Promise<Outcome> => Promise.resolve(done),
    probe: (_id: string): Promise<Probe> => Promise.resolve('perform'),
  };
  const kind: EffectKind<string> = {
    name: 'deeds',
    requestedType: 'DeedRequested',
    startedType: 'DeedStarted',
    settledTypes: ['DeedSettled'],
    turnEnds,
    effectOf: (event): Effect<string> => {
      const { id, lane, guarantee, deadlineAt } = event.data as Wish;
      return { id, lane, guarantee, deadlineAt, request: id };
    },
    idOf: (event) => (event.data as { id: string }).id,
    isReady: () => world.ready,
    perform: (request) => {
      world.performed.push(request);
      return world.perform(request);
    },
    probe: (request) => {
      world.probed.push(request);
      return world.probe(request);
    },
    startCommand: ({ id }, stream) => ({ stream, type: 'Start', data: { id } }),
    settleCommand: ({ id }, stream, { outcome, detail }) => ({ stream, type: 'Settle', data: { id, outcome, detail } }),
  };
  return { world, kind };
};

const engine = () => {
  const clock = new ManualClock();
  const store = new InMemoryEventStore({ clock, logId: 'log' });
  const snapshots = new InMemorySnapshots();
  const { log } = sampleLog(clock, { store, catalog: sampleCatalog(deedSpecs) });
  const dispatcher = new CommandDispatcher(new CommandExecutor(log), [deeds]);
  let number = 0;
  let started = 0;
  const send = (type: string, data: unknown): Promise<unknown> => {
    const commandId = `command-${(number += 1)}`;
    return dispatcher.dispatch('deeds-1', { type, data, meta: { commandId, tenantId: 'acme', at: '2026-01-01T00:00:00.000Z', actor: { kind: 'system', id: 'test' }, correlationId: 'c', causationId: commandId } });
  };
  const ask = (id: string, guarantee: Wish['guarantee'], more: Partial<Wish> = {}): Promise<unknown> =>
    send('Ask', { id, lane: id, guarantee, deadlineAt: new Date(clock.now() + 10_000).toISOString(), ...more });
  const boot = async (kind: EffectKind<string>) => {
    const holder = `process-${(started += 1)}`;
    const alarms = new AlarmCounter();
    const reader = new Reader(log, clock, alarms);
    await reader.start();
    const runner = new EffectRunner(kind, { log, dispatcher, clock, alarms, holder });
    const folds = new LiveFoldRunner({ reader, logId: 'log', alarms, clock, snapshots }, [runner], { name: 'folds' });
    await folds.start();
    await folds.caughtUp();
    runner.start();
    /** As a killed process: nothing is finished, nothing is saved. */
    const crash = async (): Promise<void> => {
      await reader.stop();
      Object.assign(runner, { enabled: false });
    };
    const stop = async (): Promise<void> => {
      await runner.stop();
      await folds.stop();
      await reader.stop();
    };
    return { runner, alarms, stop, crash };
  };
  const settled = async (): Promise<string[]> =>
    (await log.readStream('deeds-1')).filter(({ type }) => type === 'DeedSettled').map(({ data }) => {
      const { id, outcome, detail } = data as { id: string; outcome: string; detail: string };
      return `${id} ${outcome}: ${detail}`;
    });
  return { clock, ask, send, boot, settled, log };
};

const never = new Promise<never>(() => undefined);

describe('effects', () => {
  test('are done when they are asked for, and their result is recorded', async () => {
    const { ask, boot, settled, log } = engine();
    const { world, kind } = outside();
    const { stop, runner } = await boot(kind);
    await ask('a', 'probed');
    await ask('b', 'at-most-once');
    await settle();
    expect([world.performed, world.probed, await settled(), runner.openEffects]).toEqual([['a', 'b'], [], ['a succeeded: done', 'b succeeded: done'], 0]);
    expect((await log.readStream('deeds-1')).map(({ type }) => type)).toContain('DeedStarted');
    await stop();
  });

  test('that waited for their turn while another process was the one to do them are not begun a second time', async () => {
    const { ask, send, boot, settled, clock } = engine();
    const { world, kind } = outside();
    const { stop } = await boot(kind);
    let end: (outcome: Outcome) => void = () => undefined;
    world.perform = (id) => (id === 'first' ? new Promise((resolve) => (end = resolve)) : Promise.resolve(done));
    await ask('first', 'probed', { lane: 'channel' });
    await ask('once', 'at-most-once', { lane: 'channel' });
    await ask('probed', 'probed', { lane: 'channel' });
    await settle();
    // The node goes to another process, which begins what waits and dies; the node comes back.
    world.ready = false;
    await clock.advance(200);
    await send('Start', { id: 'once' });
    world.ready = true;
    world.probe = () => Promise.resolve(done);
    end(done);
    await settle();
    await clock.advance(1_000);
    await settle();
    expect([world.performed, world.probed, (await settled()).sort()]).toEqual([['first'], ['probed'], ['first succeeded: done', 'once unknown: it was begun and its result never came', 'probed succeeded: done']]);
    await stop();
  });

  test('that two processes take for theirs, because a lease was lost and its holder does not know it yet, are begun by one of them', async () => {
    const { ask, boot, settled } = engine();
    const [one, other] = [outside(), outside()];
    const [first, second] = [await boot(one.kind), await boot(other.kind)];
    await ask('once', 'at-most-once');
    await settle();
    expect([...one.world.performed, ...other.world.performed]).toEqual(['once']);
    // What became of it, who has begun it tells.
    expect(await settled()).toEqual(['once succeeded: done']);
    await Promise.all([first.stop(), second.stop()]);
  });

  test('of one lane keep their order, others do not wait for them', async () => {
    const { ask, boot } = engine();
    const { world, kind } = outside();
    let release = (): void => undefined;
    world.perform = (id) => (id === 'a1' ? new Promise((resolve) => (release = () => resolve(done))) : Promise.resolve(done));
    const { stop } = await boot(kind);
    await ask('a1', 'probed', { lane: 'a' });
    await ask('a2', 'probed', { lane: 'a' });
    await ask('b1', 'probed', { lane: 'b' });
    await settle();
    expect(world.performed).toEqual(['a1', 'b1']);
    release();
    await settle();
    expect(world.performed).toEqual(['a1', 'b1', 'a2']);
    await stop();
  });

  test('of a lane whose order the outside keeps begin in order: one that says first that it begins is not overtaken, and nobody waits for its end', async () => {
    const { ask, boot } = engine();
    const { world, kind } = outside('begun');
    world.perform = () => never;
    const { stop } = await boot(kind);
    await Promise.all([ask('first', 'at-most-once', { lane: 'a' }), ask('second', 'probed', { lane: 'a' }), ask('third', 'at-most-once', { lane: 'a' }), ask('fourth', 'probed', { lane: 'a' }), ask('other', 'probed', { lane: 'b' })]);
    await settle();
    expect(world.performed.filter((id) => id !== 'other')).toEqual(['first', 'second', 'third', 'fourth']);
    expect(world.performed).toContain('other');
    void stop();
  });

  test('of one lane are not overtaken by those that are asked for once they can be done', async () => {
    const { ask, boot, clock } = engine();
    const { world, kind } = outside('begun');
    world.ready = false;
    const { stop } = await boot(kind);
    await ask('before', 'probed', { lane: 'a' });
    await settle();
    world.ready = true;
    await ask('after', 'probed', { lane: 'a' });
    await settle();
    await clock.advance(500);
    expect(world.performed).toEqual(['before', 'after']);
    await stop();
  });

  test('found open after a crash are asked about in their order', async () => {
    const { ask, boot, log } = engine();
    const first = outside('begun');
    first.world.perform = () => never;
    const { crash } = await boot(first.kind);
    await ask('play', 'probed', { lane: 'a' });
    await ask('hang-up', 'probed', { lane: 'a' });
    await crash();
    const second = outside('begun');
    second.world.probe = async (id) => {
      if (id === 'play') await log.readStream('deeds-1');
      return 'perform';
    };
    const { stop } = await boot(second.kind);
    await settle();
    expect([second.world.probed, second.world.performed]).toEqual([['play', 'hang-up'], ['play', 'hang-up']]);
    await stop();
  });

  test('found open after a crash are asked about first, and done if they did not happen', async () => {
    const { ask, boot, settled } = engine();
    const first = outside();
    first.world.perform = () => never;
    const { crash } = await boot(first.kind);
    await ask('happened', 'probed');
    await ask('did-not', 'probed');
    await crash();
    const second = outside();
    second.world.probe = (id) => Promise.resolve(id === 'happened' ? { outcome: 'succeeded', detail: 'it is there' } : 'perform');
    const { stop } = await boot(second.kind);
    await settle();
    expect([second.world.probed, second.world.performed]).toEqual([['happened', 'did-not'], ['did-not']]);
    expect(await settled()).toEqual(['happened succeeded: it is there', 'did-not succeeded: done']);
    await stop();
  });

  test('at most once: begun before a crash they are never repeated, not begun they are done', async () => {
    const { ask, boot, settled, clock, send } = engine();
    const first = outside();
    first.world.perform = () => never;
    const { crash } = await boot(first.kind);
    await ask('begun', 'at-most-once');
    await settle();
    await crash();
    await ask('not-begun', 'at-most-once');
    await ask('begun-too', 'at-most-once');
    await send('Start', { id: 'begun-too' });
    const second = outside();
    const { stop } = await boot(second.kind);
    await clock.advance(1_000);
    expect([second.world.performed, second.world.probed]).toEqual([['not-begun'], []]);
    expect((await settled()).sort()).toEqual(['begun unknown: it was begun and its result never came', 'begun-too unknown: it was begun and its result never came', 'not-begun succeeded: done']);
    await stop();
  });

  test('asked about again while nobody knows, until the deadline; then the outcome is unknown', async () => {
    const { ask, boot, settled, clock } = engine();
    const { world, kind } = outside();
    world.perform = () => Promise.reject(new Error('the connection was cut'));
    world.probe = () => Promise.resolve({ outcome: 'unknown', detail: 'no answer' });
    const { stop } = await boot(kind);
    await ask('a', 'probed');
    await clock.advance(9_000);
    expect([world.performed.length, await settled()]).toEqual([1, []]);
    expect(world.probed.length).toBeGreaterThan(3);
    await clock.advance(2_000);
    expect([world.performed.length, await settled()]).toEqual([1, ['a unknown: no answer']]);
    await stop();
  });

  test('asked about less and less often, but at the deadline at the latest', async () => {
    const { ask, boot, settled, clock } = engine();
    const { world, kind } = outside();
    world.perform = () => Promise.reject(new Error('the connection was cut'));
    world.probe = () => Promise.resolve({ outcome: 'unknown', detail: 'no answer' });
    const { stop } = await boot(kind);
    await ask('a', 'probed', { deadlineAt: new Date(clock.now() + 61_000).toISOString() });
    const asked: number[] = [];
    for (let minute = 0; minute < 6; minute += 1) {
      await clock.advance(10_000);
      asked.push(world.probed.length);
    }
    expect(asked[0]).toBeGreaterThan(3);
    expect(asked[5]! - asked[4]!).toBeLessThanOrEqual(2);
    expect(await settled()).toEqual([]);
    await clock.advance(1_500);
    expect(await settled()).toEqual(['a unknown: no answer']);
    await stop();
  });

  test('a deed that nobody began before its deadline is a failure of its own; one that may have been begun is asked about even then', async () => {
    const { ask, boot, settled, clock } = engine();
    await ask('late', 'at-most-once');
    await ask('there', 'probed');
    await ask('not-there', 'probed');
    await clock.advance(11_000);
    const { world, kind } = outside();
    world.probe = (id) => Promise.resolve(id === 'there' ? { outcome: 'succeeded', detail: 'it is there' } : 'perform');
    const { stop } = await boot(kind);
    await settle();
    expect([world.performed, (await settled()).sort()]).toEqual([[], ['late failed: too late', 'not-there failed: too late', 'there succeeded: it is there']]);
    await stop();
  });

  test('wait for the one who can do them, and are given up when nobody comes', async () => {
    const { ask, boot, settled, clock } = engine();
    const { world, kind } = outside();
    world.ready = false;
    const { stop } = await boot(kind);
    await ask('soon', 'at-most-once');
    await clock.advance(2_000);
    expect(world.performed).toEqual([]);
    world.ready = true;
    await clock.advance(500);
    expect(await settled()).toEqual(['soon succeeded: done']);
    world.ready = false;
    await ask('never', 'at-most-once');
    await ask('who-knows', 'probed');
    await clock.advance(60_000);
    expect(await settled()).toHaveLength(1);
    await clock.advance(15_000);
    expect(await settled()).toEqual(['soon succeeded: done', 'never failed: too late', 'who-knows unknown: it could not be asked about in time']);
    expect(world.performed).toEqual(['soon']);
    await stop();
  });

  test('at most once: what must not begin any more is not done', async () => {
    const { ask, boot, settled } = engine();
    const { world, kind } = outside();
    const { stop } = await boot({ ...kind, startCommand: ({ id }, stream) => ({ stream, type: 'Start', data: { id, refused: true } }) });
    await ask('a', 'at-most-once');
    await settle();
    expect([world.performed, await settled()]).toEqual([[], ['a failed: nobody wants it any more']]);
    await stop();
  });

  test('whose result cannot be recorded are not done again', async () => {
    const { ask, boot, clock, settled } = engine();
    const { world, kind } = outside();
    let broken = true;
    const settleCommand = kind.settleCommand.bind(kind);
    const { stop, alarms } = await boot({ ...kind, settleCommand: (...args) => (broken ? { stream: 'nowhere-1', type: 'Settle', data: {} } : settleCommand(...args)) });
    await ask('a', 'at-most-once');
    await clock.advance(1_000);
    expect([world.performed, alarms.count('effect-failed') > 0]).toEqual([['a'], true]);
    broken = false;
    await clock.advance(1_000);
    expect([world.performed, await settled()]).toEqual([['a'], ['a unknown: it was begun and its result never came']]);
    await stop();
  });
});
