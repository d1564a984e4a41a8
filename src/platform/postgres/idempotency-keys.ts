import type { Clock } from '../../kernel/clock.js';
import type { Claim, IdempotencyKeys } from '../http/idempotency.port.js';
import type { Database } from './database.js';
import type { Migration } from './migrations.js';

/** Name of the migrations' set for runMigrations. */
export const HTTP_SCHEMA = 'http';

export const HTTP_MIGRATIONS: readonly Migration[] = [
  {
    id: '0001-idempotency-keys',
    sql: `CREATE TABLE trunkline_idempotency_keys (
      use_hash text PRIMARY KEY,
      body_hash text NOT NULL,
      used_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX ON trunkline_idempotency_keys (used_at)`,
  },
];

const CLAIM = `WITH mine AS (
    INSERT INTO trunkline_idempotency_keys (use_hash, body_hash) VALUES ($1, $2) ON CONFLICT (use_hash) DO NOTHING RETURNING body_hash
  )
  SELECT (SELECT body_hash FROM mine) AS mine, (SELECT body_hash FROM trunkline_idempotency_keys WHERE use_hash = $1) AS before`;

const CLEAN_EVERY_MS = 600_000;

/** Keys in a table of hashes, kept for a day. */
export class PostgresIdempotencyKeys implements IdempotencyKeys {
  private cleanAt = 0;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async claim(use: string, body: string): Promise<Claim> {
    this.clean();
    for (;;) {
      const { rows } = await this.database.query<{ mine: string | null; before: string | null }>(CLAIM, [use, body]);
      const { mine = null, before = null } = rows[0] ?? {};
      if (mine !== null) return 'first';
      if (before !== null) return before === body ? 'repeated' : 'other-body';
      // Somebody inserted after our snapshot was taken: the next look sees it.
    }
  }

  async release(use: string): Promise<void> {
    await this.database.query('DELETE FROM trunkline_idempotency_keys WHERE use_hash = $1', [use]);
  }

  private clean(): void {
    const now = this.clock.now();
    if (now < this.cleanAt) return;
    this.cleanAt = now + CLEAN_EVERY_MS;
    // What is not removed now is removed in a while.
    this.database.query(`DELETE FROM trunkline_idempotency_keys WHERE used_at < now() - interval '24 hours'`).catch(() => undefined);
  }
}
