import type { InMemoryLeaseTable } from '../subscriptions/in-memory-leases.js';
import type { LeaseToken } from '../subscriptions/leases.port.js';
import type { KeptTimers, StoredTimer, TimerChanges, TimerStore } from './timer-store.port.js';

/** For simulations and tests: survives a runner, not the process. */
export class InMemoryTimerStore implements TimerStore {
  private readonly runners = new Map<string, { position: bigint; logId: string; readonly timers: Map<string, StoredTimer> }>();

  constructor(private readonly leases?: InMemoryLeaseTable) {}

  load(runner: string): Promise<KeptTimers | undefined> {
    const found = this.runners.get(runner);
    return Promise.resolve(found === undefined ? undefined : { position: found.position, logId: found.logId, timers: [...found.timers.values()] });
  }

  async save(runner: string, { set, gone }: TimerChanges, { position, logId }: { readonly position: bigint; readonly logId: string }, lease?: LeaseToken): Promise<void> {
    if (lease !== undefined) this.leases?.assertCurrent(lease);
    const kept = this.runners.get(runner) ?? { position, logId, timers: new Map<string, StoredTimer>() };
    this.runners.set(runner, kept);
    kept.position = position;
    kept.logId = logId;
    for (const key of gone) kept.timers.delete(key);
    for (const timer of set) kept.timers.set(timer.key, timer);
  }
}
