import { EventStoreDbEventStore } from '../../src/platform/event-store/eventstoredb/eventstoredb.event-store.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import { EventStoreStandIn } from '../support/eventstoredb-stand-in.js';
import { eventStoreContract, type StoreUnderTest } from './event-store.contract.js';

const open = (connectionString: string): EventStoreDbEventStore =>
  new EventStoreDbEventStore({ connectionString, clock: systemClock, random: systemRandom });

const storeAt = (connectionString: string, stop: () => Promise<void>): StoreUnderTest => {
  const store = open(connectionString);
  return {
    store,
    another: async () => open(connectionString),
    dispose: async () => {
      await store.close();
      await stop();
    },
  };
};

eventStoreContract('EventStoreDB (stand-in)', async () => {
  const standIn = await EventStoreStandIn.start();
  return storeAt(standIn.connectionString, () => standIn.stop());
});

eventStoreContract('EventStoreDB (stand-in without BatchAppend)', async () => {
  const standIn = await EventStoreStandIn.start();
  standIn.faults.hidesBatchAppend = true;
  return storeAt(standIn.connectionString, () => standIn.stop());
});

const url = process.env['EVENTSTOREDB_URL'];
if (url === undefined || url === '') {
  test.skip('event store contract: a real EventStoreDB (set EVENTSTOREDB_URL, such as esdb://127.0.0.1:2113?tls=false, to run it)', () => undefined);
} else {
  eventStoreContract('EventStoreDB (EVENTSTOREDB_URL)', async () => storeAt(url, () => Promise.resolve()));
}
