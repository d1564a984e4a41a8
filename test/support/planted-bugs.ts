import { DECIDERS } from '../../src/engine/domain.js';
import type { Alterations } from '../../src/engine/simulation/simulated-process.js';
import { type Random, sleep } from '../../src/kernel/clock.js';
import type { Command } from '../../src/kernel/command.js';
import { CommandDispatcher, type SomeDecider } from '../../src/platform/event-store/command-dispatcher.js';
import type { CommandResult } from '../../src/platform/event-store/command-executor.js';
import { InMemoryLeases, InMemoryLeaseTable } from '../../src/platform/subscriptions/in-memory-leases.js';
import type { ReadModelStore } from '../../src/platform/subscriptions/read-model-store.port.js';
import type { EslConnect } from '../../src/telephony/adapters/freeswitch/esl-client.port.js';

/** A mistake that somebody could make, planted by exchanging a part of the composition. */
export interface PlantedBug {
  readonly name: string;
  readonly alter: Alterations;
}

/** The same object with some of its methods exchanged. */
const but = <T extends object>(target: T, exchanged: Partial<T>): T =>
  new Proxy(target, {
    get(whole, name) {
      const value = (name in exchanged ? exchanged : whole)[name as keyof T] as unknown;
      return typeof value === 'function' ? (value.bind(name in exchanged ? exchanged : whole) as unknown) : value;
    },
  });

const BELIEVED: CommandResult = { position: 1n, revision: 0n, duplicate: false };

/** A dispatcher before another one: commands for which `change` gives undefined are believed to be carried out, and are not. */
const changing = (dispatcher: CommandDispatcher, change: (command: Command) => Command | undefined): CommandDispatcher =>
  but(dispatcher, {
    dispatch: async (stream, command, followedBy) => {
      const changed = change(command);
      return changed === undefined ? BELIEVED : dispatcher.dispatch(stream, changed, followedBy);
    },
  });

const ignoring = (ignored: (command: Command) => boolean): Alterations => ({ core: (core) => ({ ...core, dispatcher: changing(core.dispatcher, (command) => (ignored(command) ? undefined : command)) }) });

const renamed =
  (random: Random) =>
  (command: Command): Command => ({ ...command, meta: { ...command.meta, commandId: random.uuid() } });

/** What is sent again is taken for something new. */
const commandIdsForgotten: Alterations = {
  core: (core) => ({ ...core, dispatcher: changing(core.dispatcher, renamed(core.random)) }),
  frontDoor: (dispatcher, random) => changing(dispatcher, renamed(random)),
};

const checkpointEarly: Alterations = {
  core: (core) => {
    const dispatcher = but(core.dispatcher, {
      dispatch: async (stream, command, followedBy) => {
        const { actor } = command.meta;
        if (actor.kind === 'process' && !actor.id.startsWith('effects/')) await core.checkpoints.save('processes/routing', { position: await core.store.head().catch(() => 0n), logId: core.logId }).catch(() => undefined);
        return core.dispatcher.dispatch(stream, command, followedBy);
      },
    });
    return { ...core, dispatcher };
  },
};

const rowsAfterCheckpoint: Alterations = {
  readModels: (store: ReadModelStore) =>
    but(store, {
      write: async (write) => {
        await store.write({ ...write, batches: [] });
        await store.write({ ...write, states: write.states.map((state) => ({ ...state, position: write.upTo })) });
      },
    }),
};

const timersAfterCheckpoint: Alterations = {
  platform: (platform) => ({
    ...platform,
    timers: but(platform.timers, {
      save: async (runner, changes, checkpoint, lease) => {
        await platform.timers.save(runner, { set: [], gone: [] }, checkpoint, lease);
        await sleep(platform.clock, 10_000);
        await platform.timers.save(runner, changes, checkpoint, lease);
      },
    }),
  }),
};

const noExpectedRevision: Alterations = {
  platform: (platform) => ({ ...platform, store: but(platform.store, { append: (stream, _expected, events) => platform.store.append(stream, 'any', events) }) }),
};

const timersForgotten: Alterations = {
  platform: (platform) => ({
    ...platform,
    timers: but(platform.timers, {
      load: async (runner) => {
        const kept = await platform.timers.load(runner);
        return kept && { ...kept, timers: [] };
      },
    }),
  }),
};

const leasesNotChecked: Alterations = {
  platform: (platform) => ({
    ...platform,
    leases: new InMemoryLeases(platform.clock, new InMemoryLeaseTable(platform.clock)),
    checkpoints: but(platform.checkpoints, { save: (name, checkpoint) => platform.checkpoints.save(name, checkpoint) }),
    timers: but(platform.timers, { save: (runner, changes, checkpoint) => platform.timers.save(runner, changes, checkpoint) }),
  }),
  readModels: (store) => but(store, { write: ({ lease: _lease, ...write }) => store.write(write) }),
};

const notCompared: Alterations = {
  connect:
    (connect: EslConnect): EslConnect =>
    async (options) => {
      const client = await connect(options);
      return but(client, {
        api: async (command) => (command.startsWith('show channels') ? '{"row_count":0}' : command.startsWith('uuid_exists') ? 'true' : client.api(command)),
      });
    },
};

const snapshotAtTheEnd: Alterations = {
  platform: (platform, stores) => ({
    ...platform,
    snapshots: but(platform.snapshots, {
      load: async (name) => {
        const snapshot = await platform.snapshots.load(name);
        return snapshot && { ...snapshot, revision: name.startsWith('fold/') ? await stores.log.head() : snapshot.revision };
      },
    }),
  }),
};

/** The call's decider, forgetful: of what it decides, some events are left out. */
const callForgets = (forgotten: (type: string, because: string) => boolean): Alterations => ({
  core: (core) => {
    const deciders = DECIDERS.map((decider): SomeDecider =>
      decider.category !== 'call' ? decider : but(decider, { decide: (command: Command, state: unknown) => (decider.decide(command, state) as { type: string }[]).filter(({ type }) => !forgotten(type, command.type)) }),
    );
    return { ...core, dispatcher: new CommandDispatcher(core.executor, deciders) };
  },
});

const isTimers = (command: Command): boolean => command.meta.actor.kind === 'timer';

export const plantedBugs = (): readonly PlantedBug[] => [
  { name: 'an effect without its start event', alter: ignoring(({ type }) => type === 'StartAction') },
  { name: 'the outcome of a job ignored where it failed', alter: ignoring(({ type, data }) => type === 'SettleAction' && (data as { outcome: string }).outcome === 'failed') },
  { name: 'offers not closed when the caller hangs up', alter: callForgets((type, because) => type === 'OfferFailed' && because === 'RecordLegFact') },
  { name: 'the end of a wrap-up lost', alter: ignoring((command) => command.type === 'EndWrapUp' && isTimers(command)) },
  { name: 'a checkpoint stored before the commands that it stands for', alter: checkpointEarly },
  { name: 'a checkpoint stored before its rows', alter: rowsAfterCheckpoint },
  { name: 'a checkpoint stored before its timers', alter: timersAfterCheckpoint },
  { name: 'appends without an expected revision', alter: noExpectedRevision },
  { name: 'timers not armed again after a restart', alter: timersForgotten },
  { name: 'command ids are forgotten', alter: commandIdsForgotten },
  { name: 'leases and epochs not checked', alter: leasesNotChecked },
  { name: 'no comparison after a reconnect', alter: notCompared },
  { name: 'a snapshot restored as if it were newer', alter: snapshotAtTheEnd },
];
