import type { Clock } from '../../kernel/clock.js';
import type { Lease, Leases } from './leases.port.js';

/** A lease that this process has asked for. */
export interface LeaseFigures {
  readonly name: string;
  readonly held: boolean;
  /** Of the last time that it was held here; 0n: never. */
  readonly epoch: bigint;
  /** When it was got the last time, ms of the clock; undefined: never. */
  readonly since: number | undefined;
  /** How often it was lost, not counting what was given up. */
  readonly lost: number;
}

interface Entry {
  lease: Lease | undefined;
  epoch: bigint;
  since: number | undefined;
  lost: number;
}

/** Leases of which it is written down who of this process has asked for which, and what became of them. */
export class LeaseBook implements Leases {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly leases: Leases,
    private readonly clock: Clock,
  ) {}

  async acquire(name: string, holder: string): Promise<Lease | undefined> {
    const entry: Entry = this.entries.get(name) ?? { lease: undefined, epoch: 0n, since: undefined, lost: 0 };
    this.entries.set(name, entry);
    const lease = await this.leases.acquire(name, holder);
    if (lease === undefined) return undefined;
    entry.lease = lease;
    entry.epoch = lease.epoch;
    entry.since = this.clock.now();
    lease.lost.addEventListener('abort', () => (entry.lost += 1), { once: true });
    return lease;
  }

  figures(): LeaseFigures[] {
    return [...this.entries].map(([name, { lease, epoch, since, lost }]) => ({ name, held: lease?.isHeld() === true, epoch, since, lost }));
  }
}
