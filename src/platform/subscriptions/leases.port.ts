/** How long a lease lives without being renewed, by the clock of whoever grants it (the database). */
export const LEASE_TTL_MS = 3_000;
/** How often a holder renews. */
export const LEASE_RENEWAL_MS = 1_000;

/** What a write names to prove that its writer still holds the lease. */
export interface LeaseToken {
  readonly name: string;
  /** Grows with every change of holder; starts at 1n. */
  readonly epoch: bigint;
}

/** The right to be the only one that does something, until it is released or lost. It renews itself. */
export interface Lease extends LeaseToken {
  readonly holder: string;
  /**
   * False from the moment on at which somebody else could have the lease, as far as this process's own
   * clock can tell. It is a reason to stop; what makes a late write harmless is the check of the epoch.
   */
  isHeld(): boolean;
  /** Aborts when the lease is lost; not when it is released. The reason is a LeaseLost. */
  readonly lost: AbortSignal;
  /** Gives the lease up at once, so that nobody has to wait for its expiry. Safe to repeat. */
  release(): Promise<void>;
}

/**
 * Leases by name: a media node, a process group, a projection group. At most one holder at any time.
 */
export interface Leases {
  /**
   * The lease if it is free, else undefined. `holder` says who for an operator's eyes and is unique per
   * process start. A holder that acquires its own live lease again does not get it either.
   *
   * Throws when the database is away.
   */
  acquire(name: string, holder: string): Promise<Lease | undefined>;
}

export const LEASES = Symbol('Leases');

/** Somebody else holds the lease, or may: whoever gets this stops what the lease was for. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
  constructor(readonly lease: LeaseToken, why: string) {
    super(`lease ${lease.name} (epoch ${lease.epoch}) is lost: ${why}`);
  }
}

export interface LeaseTiming {
  readonly ttlMs: number;
  readonly renewalMs: number;
}

export const LEASE_TIMING: LeaseTiming = { ttlMs: LEASE_TTL_MS, renewalMs: LEASE_RENEWAL_MS };
