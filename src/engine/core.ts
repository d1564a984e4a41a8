import { hostname } from 'node:os';
import type { Clock, Random } from '../kernel/clock.js';
import { CommandDispatcher } from '../platform/event-store/command-dispatcher.js';
import { CommandExecutor } from '../platform/event-store/command-executor.js';
import { EventLog } from '../platform/event-store/event-log.js';
import type { EventStore } from '../platform/event-store/event-store.port.js';
import type { SnapshotStore } from '../platform/event-store/snapshots.port.js';
import type { TimerStore } from '../platform/effects/timer-store.port.js';
import type { AlarmCounter } from '../platform/observability/alarms.port.js';
import type { SubjectKeys } from '../platform/privacy/subject-keys.port.js';
import type { Checkpoints } from '../platform/subscriptions/checkpoints.port.js';
import type { Leases } from '../platform/subscriptions/leases.port.js';
import type { ParkedEvents } from '../platform/subscriptions/parked-events.port.js';
import { Reader } from '../platform/subscriptions/reader.js';
import { type Domain, thisDomain } from './domain.js';

/** The adapters that an engine runs on: real ones in a process, in-memory ones in a simulation. */
export interface EnginePlatform {
  readonly clock: Clock;
  readonly random: Random;
  readonly alarms: AlarmCounter;
  readonly store: EventStore;
  readonly keys: SubjectKeys;
  readonly snapshots: SnapshotStore;
  readonly checkpoints: Checkpoints;
  readonly parked: ParkedEvents;
  readonly timers: TimerStore;
  readonly leases: Leases;
  /** How often leases that others hold, and nodes that nobody owns, are asked for, ms. Default 500. */
  readonly askEveryMs?: number;
  /** Where the process runs, as leases tell it. Default: machine and process id. */
  readonly whereabouts?: string;
  /** Default: that of this version of the program. */
  readonly domain?: Domain | undefined;
}

/** What all roles of a process share: the log, the deciders behind the executor, and the one reader. */
export interface Core extends EnginePlatform {
  readonly log: EventLog;
  readonly logId: string;
  readonly executor: CommandExecutor;
  readonly dispatcher: CommandDispatcher;
  readonly reader: Reader;
  /** Names this process start in leases. */
  readonly holder: string;
}

export const buildCore = async (platform: EnginePlatform): Promise<Core> => {
  const { catalog, deciders } = platform.domain ?? thisDomain();
  const log = new EventLog(platform.store, catalog, platform.keys);
  const executor = new CommandExecutor(log, platform.snapshots);
  return {
    ...platform,
    log,
    logId: await platform.store.logId(),
    executor,
    dispatcher: new CommandDispatcher(executor, deciders),
    reader: new Reader(log, platform.clock, platform.alarms),
    holder: `${platform.whereabouts ?? `${hostname()}/${process.pid}`}/${platform.random.uuid().slice(0, 8)}`,
  };
};
