import type { Clock, Timer } from '../../kernel/clock.js';
import { LeaseLost } from './leases.port.js';
import type { Lease, LeaseTiming } from './leases.port.js';

/** What the holder asks of the place that grants the lease. */
export interface LeaseGrant {
  readonly name: string;
  readonly holder: string;
  readonly epoch: bigint;
  /** This process's time just before it asked for the lease: it cannot expire before `askedAt + ttl`. */
  readonly askedAt: number;
  /** Prolongs the lease; false when it is not ours any more. Throws when that cannot be found out. */
  renew(): Promise<boolean>;
  /** Ends the lease if it is still ours. */
  release(): Promise<void>;
}

/** A holder's side of a lease: renewal, and the local judgement whether it can still be ours. */
export class HeldLease implements Lease {
  readonly #aborter = new AbortController();
  #validFrom: number;
  #state: 'held' | 'released' | 'lost' = 'held';
  #renewal: Timer | undefined;
  #expiry: Timer | undefined;
  #released: Promise<void> | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly timing: LeaseTiming,
    private readonly grant: LeaseGrant,
  ) {
    this.#validFrom = grant.askedAt;
    this.#expireLater();
    this.#renewLater();
  }

  get name(): string {
    return this.grant.name;
  }

  get holder(): string {
    return this.grant.holder;
  }

  get epoch(): bigint {
    return this.grant.epoch;
  }

  get lost(): AbortSignal {
    return this.#aborter.signal;
  }

  isHeld(): boolean {
    const now = this.clock.now();
    // A clock that was set back says nothing about how much time has passed.
    return this.#state === 'held' && now >= this.#validFrom && now < this.#validFrom + this.timing.ttlMs;
  }

  release(): Promise<void> {
    // Where it cannot be told now, the lease expires by itself.
    this.#released ??= this.#end('released') ? this.grant.release().catch(() => undefined) : Promise.resolve();
    return this.#released;
  }

  #end(state: 'released' | 'lost'): boolean {
    if (this.#state !== 'held') return false;
    this.#state = state;
    this.#renewal?.cancel();
    this.#expiry?.cancel();
    return true;
  }

  #lose(why: string): void {
    if (this.#end('lost')) this.#aborter.abort(new LeaseLost({ name: this.name, epoch: this.epoch }, why));
  }

  #expireLater(): void {
    this.#expiry?.cancel();
    const left = this.#validFrom + this.timing.ttlMs - this.clock.now();
    this.#expiry = this.clock.after(Math.max(0, left), () => this.#lose('it could not be renewed in time'));
  }

  #renewLater(): void {
    this.#renewal = this.clock.after(this.timing.renewalMs, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const askedAt = this.clock.now();
    try {
      const ours = await this.grant.renew();
      if (!ours) return this.#lose('somebody else took it, or it expired');
      if (this.#state === 'lost') return await this.grant.release();
      if (this.#state === 'released') return;
      this.#validFrom = askedAt;
      this.#expireLater();
    } catch {
      // Out of reach: there may be time for another attempt, and the expiry ends it otherwise.
    }
    if (this.#state === 'held') this.#renewLater();
  }
}
