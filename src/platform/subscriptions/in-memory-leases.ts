import type { Clock } from '../../kernel/clock.js';
import { HeldLease } from './held-lease.js';
import { LEASE_TIMING, LeaseLost } from './leases.port.js';
import type { Lease, LeaseTiming, LeaseToken, Leases } from './leases.port.js';

/** What the holders of one simulation or test share: it stands for the database's table. */
export class InMemoryLeaseTable {
  readonly rows = new Map<string, { holder: string; epoch: bigint; expiresAt: number }>();

  constructor(private readonly clock: Clock) {}

  now(): number {
    return this.clock.now();
  }

  /** For a write that must not come from a former holder. Throws LeaseLost. */
  assertCurrent({ name, epoch }: LeaseToken): void {
    if (this.rows.get(name)?.epoch !== epoch) throw new LeaseLost({ name, epoch }, 'somebody else has taken it');
  }
}

/** One process's view of the table; `clock` is that process's own. */
export class InMemoryLeases implements Leases {
  /** False: the table is out of this process's reach, as after a cut connection. */
  reachable = true;

  constructor(
    private readonly clock: Clock,
    private readonly table: InMemoryLeaseTable,
    private readonly timing: LeaseTiming = LEASE_TIMING,
  ) {}

  async acquire(name: string, holder: string): Promise<Lease | undefined> {
    const askedAt = this.clock.now();
    await this.#reach();
    const row = this.table.rows.get(name);
    if (row !== undefined && row.expiresAt > this.table.now()) return undefined;
    const epoch = (row?.epoch ?? 0n) + 1n;
    this.table.rows.set(name, { holder, epoch, expiresAt: this.table.now() + this.timing.ttlMs });
    const prolong = async (ms: number): Promise<boolean> => {
      await this.#reach();
      const now = this.table.now();
      const mine = this.table.rows.get(name);
      if (mine?.epoch !== epoch || mine.expiresAt <= now) return false;
      mine.expiresAt = now + ms;
      return true;
    };
    const grant = { name, holder, epoch, askedAt, renew: () => prolong(this.timing.ttlMs), release: async () => void (await prolong(0)) };
    return new HeldLease(this.clock, this.timing, grant);
  }

  async #reach(): Promise<void> {
    await Promise.resolve();
    if (!this.reachable) throw new Error('the lease table is out of reach');
  }
}
