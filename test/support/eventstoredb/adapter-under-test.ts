import { sleep } from '../../../src/kernel/clock.js';
import {
  EventStoreDbEventStore,
  type EventStoreDbOptions,
} from '../../../src/platform/event-store/eventstoredb/eventstoredb.event-store.js';
import { systemClock } from '../../../src/platform/time/system-clock.js';
import { systemRandom } from '../../../src/platform/time/system-random.js';
import { EventStoreStandIn } from '../eventstoredb-stand-in.js';
import type { StandInLog } from './stand-in-log.js';

export interface Adapters {
  /** A stand-in of its own. */
  standIn(log?: StandInLog): Promise<EventStoreStandIn>;
  /** An adapter with times that a busy machine keeps; a test that waits for one to pass gives a shorter one. */
  store(standIn: EventStoreStandIn, options?: Partial<EventStoreDbOptions>): EventStoreDbEventStore;
  /** Closes all of them. */
  closeAll(): Promise<void>;
}

/** Adapters and stand-ins of one test file. */
export const adaptersUnderTest = (): Adapters => {
  const stores: EventStoreDbEventStore[] = [];
  const standIns: EventStoreStandIn[] = [];
  return {
    standIn: async (log) => {
      const standIn = await EventStoreStandIn.start(log);
      standIns.push(standIn);
      return standIn;
    },
    store: (standIn, options = {}) => {
      const store = new EventStoreDbEventStore({
        connectionString: standIn.connectionString,
        clock: systemClock,
        random: systemRandom,
        appendTimeoutMs: 3_000,
        readTimeoutMs: 3_000,
        retryForMs: 60_000,
        featuresTimeoutMs: 300,
        livenessMs: 300,
        caughtUpMs: 150,
        ...options,
      });
      stores.push(store);
      return store;
    },
    closeAll: async () => {
      await Promise.all(stores.splice(0).map((store) => store.close()));
      await Promise.all(standIns.splice(0).map((standIn) => standIn.stop()));
    },
  };
};

/** Waits until something is so that nobody announces, such as a call that has ended; fails after 30 s. */
export const eventually = async (what: string, holds: () => boolean): Promise<void> => {
  const giveUpAt = systemClock.now() + 30_000;
  while (!holds()) {
    if (systemClock.now() > giveUpAt) throw new Error(`waited in vain until ${what}`);
    await sleep(systemClock, 5);
  }
};
