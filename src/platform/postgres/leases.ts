import type { Clock } from '../../kernel/clock.js';
import { HeldLease } from '../subscriptions/held-lease.js';
import { LEASE_TIMING, LeaseLost } from '../subscriptions/leases.port.js';
import type { Lease, LeaseTiming, LeaseToken, Leases } from '../subscriptions/leases.port.js';
import type { Database, Queryable } from './database.js';
import { sqlState } from './database-errors.js';
import type { Migration } from './migrations.js';

/**
 * The epoch is part of a key, so that changing it (a takeover) waits for a transaction that holds the
 * row FOR KEY SHARE (a checkpoint write), while a renewal, which leaves the key alone, does not.
 */
export const LEASE_MIGRATIONS: readonly Migration[] = [
  {
    id: '0001-leases',
    sql: `CREATE TABLE trunkline_leases (
      name text PRIMARY KEY,
      holder text NOT NULL,
      epoch bigint NOT NULL CHECK (epoch > 0),
      expires_at timestamptz NOT NULL,
      UNIQUE (name, epoch)
    )`,
  },
];

const LOCK_NOT_AVAILABLE = '55P03';

/** Every unique index has to be an arbiter of the conflict: of two who ask first, one would otherwise meet the other in the second index and fail. */
const ACQUIRE = `
  WITH taken AS (
    UPDATE trunkline_leases SET holder = $2, epoch = epoch + 1, expires_at = clock_timestamp() + $3 * interval '1 millisecond'
    WHERE name = $1 AND expires_at <= clock_timestamp()
    RETURNING epoch
  ), first AS (
    INSERT INTO trunkline_leases (name, holder, epoch, expires_at)
    SELECT $1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond' WHERE NOT EXISTS (SELECT 1 FROM taken)
    ON CONFLICT DO NOTHING
    RETURNING epoch
  )
  SELECT epoch FROM taken UNION ALL SELECT epoch FROM first`;

const IS_HELD = 'SELECT 1 FROM trunkline_leases WHERE name = $1 AND expires_at > clock_timestamp()';

const PROLONG = `
  UPDATE trunkline_leases l SET expires_at = clock_timestamp() + $3 * interval '1 millisecond'
  FROM unnest($1::text[], $2::bigint[]) AS wanted (name, epoch)
  WHERE l.name = wanted.name AND l.epoch = wanted.epoch AND l.expires_at > clock_timestamp()
  RETURNING l.name, l.epoch`;

interface Renewal extends LeaseToken {
  readonly resolve: (ours: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Leases as rows, with expiry by the database's clock. The table comes from LEASE_MIGRATIONS. */
export class PostgresLeases implements Leases {
  /** A process holds a dozen and more; they are renewed in one transaction, which costs the disk one write. */
  #renewals: Renewal[] = [];

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly timing: LeaseTiming = LEASE_TIMING,
  ) {}

  async acquire(name: string, holder: string): Promise<Lease | undefined> {
    if (name === '' || holder === '') throw new TypeError('a lease needs a name and a holder');
    const askedAt = this.clock.now();
    const epoch = await this.#take(name, holder);
    if (epoch === undefined) return undefined;
    return new HeldLease(this.clock, this.timing, { name, holder, epoch, askedAt, renew: () => this.#renew({ name, epoch }), release: () => this.#release({ name, epoch }) });
  }

  #renew(lease: LeaseToken): Promise<boolean> {
    return new Promise((resolve, reject) => {
      // Those that come within a twentieth of the time between renewals go along.
      if (this.#renewals.length === 0) this.clock.after(this.timing.renewalMs / 20, () => void this.#renewAll());
      this.#renewals.push({ ...lease, resolve, reject });
    });
  }

  async #renewAll(): Promise<void> {
    const renewals = this.#renewals;
    this.#renewals = [];
    try {
      const { rows } = await this.#prolong(renewals, this.timing.ttlMs);
      const ours = new Set(rows.map(({ name, epoch }) => `${name} ${epoch}`));
      for (const { name, epoch, resolve } of renewals) resolve(ours.has(`${name} ${epoch}`));
    } catch (error) {
      for (const { reject } of renewals) reject(error);
    }
  }

  async #release(lease: LeaseToken): Promise<void> {
    await this.#prolong([lease], 0);
  }

  #prolong(leases: readonly LeaseToken[], ms: number): Promise<{ readonly rows: readonly { readonly name: string; readonly epoch: string }[] }> {
    return this.database.query(PROLONG, [leases.map(({ name }) => name), leases.map(({ epoch }) => epoch), ms]);
  }

  async #take(name: string, holder: string): Promise<bigint | undefined> {
    // Who stands by asks again and again: without a transaction, as long as there is nothing to take.
    if ((await this.database.query(IS_HELD, [name])).rowCount === 1) return undefined;
    try {
      return await this.database.transaction(async (tx) => {
        // The former holder may be in the middle of a last checkpoint: that is its right; come again later.
        await tx.query(`SET LOCAL lock_timeout = ${Math.ceil(this.timing.ttlMs / 2)}`);
        const { rows } = await tx.query<{ epoch: string }>(ACQUIRE, [name, holder, this.timing.ttlMs]);
        return rows[0] === undefined ? undefined : BigInt(rows[0].epoch);
      });
    } catch (error) {
      if (sqlState(error) === LOCK_NOT_AVAILABLE) return undefined;
      throw error;
    }
  }
}

/**
 * For a write that must not come from a former holder: first statement of its transaction. From here to
 * the commit nobody can take the lease over. Throws LeaseLost when somebody has already.
 */
export const assertLeaseCurrent = async (tx: Queryable, { name, epoch }: LeaseToken): Promise<void> => {
  const { rowCount } = await tx.query('SELECT 1 FROM trunkline_leases WHERE name = $1 AND epoch = $2 FOR KEY SHARE', [name, epoch]);
  if (rowCount !== 1) throw new LeaseLost({ name, epoch }, 'somebody else has taken it');
};
