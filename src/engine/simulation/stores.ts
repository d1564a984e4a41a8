import type { Clock } from '../../kernel/clock.js';
import { InMemoryTimerStore } from '../../platform/effects/in-memory-timer-store.js';
import { InMemoryEventStore } from '../../platform/event-store/in-memory/in-memory.event-store.js';
import { InMemorySnapshots } from '../../platform/event-store/in-memory/in-memory-snapshots.js';
import { InMemorySubjectKeys } from '../../platform/privacy/in-memory-subject-keys.js';
import { InMemoryObjectStorage } from '../../platform/object-storage/in-memory.object-storage.js';
import { InMemoryCheckpoints } from '../../platform/subscriptions/in-memory-checkpoints.js';
import { InMemoryLeaseTable } from '../../platform/subscriptions/in-memory-leases.js';
import { InMemoryParkedEvents } from '../../platform/subscriptions/in-memory-parked-events.js';
import { InMemoryReadModels } from '../../platform/subscriptions/in-memory-read-models.js';
import { InMemoryCdrInbox } from '../../telephony/adapters/in-memory/in-memory-cdr-inbox.js';

/** What outlives every process: the log and the database of a simulated installation. */
export class SharedStores {
  readonly log: InMemoryEventStore;
  readonly keys: InMemorySubjectKeys;
  readonly leaseTable: InMemoryLeaseTable;
  readonly snapshots = new InMemorySnapshots();
  readonly checkpoints: InMemoryCheckpoints;
  readonly parked = new InMemoryParkedEvents();
  readonly timers: InMemoryTimerStore;
  readonly readModels: InMemoryReadModels;
  readonly cdrs: InMemoryCdrInbox;
  readonly objects = new InMemoryObjectStorage();

  constructor(clock: Clock, seed: string) {
    this.log = new InMemoryEventStore({ clock, logId: `simulated/${seed}` });
    this.keys = new InMemorySubjectKeys(seed);
    this.leaseTable = new InMemoryLeaseTable(clock);
    this.checkpoints = new InMemoryCheckpoints(this.leaseTable);
    this.timers = new InMemoryTimerStore(this.leaseTable);
    this.cdrs = new InMemoryCdrInbox(clock);
    this.readModels = new InMemoryReadModels({ leases: this.leaseTable, parked: this.parked });
  }
}
