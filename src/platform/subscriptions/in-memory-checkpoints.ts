import type { Checkpoint, Checkpoints } from './checkpoints.port.js';
import type { InMemoryLeaseTable } from './in-memory-leases.js';
import type { LeaseToken } from './leases.port.js';

/** Checkpoints in memory, for tests and the simulation. */
export class InMemoryCheckpoints implements Checkpoints {
  private readonly checkpoints = new Map<string, Checkpoint>();

  constructor(private readonly leases?: InMemoryLeaseTable) {}

  async load(name: string): Promise<Checkpoint | undefined> {
    return this.checkpoints.get(name);
  }

  async save(name: string, checkpoint: Checkpoint, lease?: LeaseToken): Promise<void> {
    if (lease !== undefined) this.leases?.assertCurrent(lease);
    this.checkpoints.set(name, checkpoint);
  }
}
