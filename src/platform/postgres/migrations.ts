import { createHash } from 'node:crypto';
import type { Database, Queryable } from './database.js';

/** One step of the schema. What was released is never edited: a change is a new migration. */
export interface Migration {
  /** Unique within its set and in order, for example `0003-leases`. */
  readonly id: string;
  /** Any number of statements; they run in one transaction. */
  readonly sql: string;
  /**
   * A program that does not know this migration may go on with the schema as it is then, beside a newer
   * one or after it was taken back: something is added that nobody has to give, nothing is taken away.
   */
  readonly additive?: true;
}

/** The database's schema and this program's do not fit together. */
export class SchemaMismatch extends Error {
  override readonly name = 'SchemaMismatch';
}

const LOCK = 'SELECT pg_advisory_xact_lock(7_461_502_093_318_114)';
const TABLE = `CREATE TABLE IF NOT EXISTS trunkline_migrations (
  set_name text NOT NULL, id text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (set_name, id));
  ALTER TABLE trunkline_migrations ADD COLUMN IF NOT EXISTS additive boolean NOT NULL DEFAULT false`;

const checksum = (sql: string): string => createHash('sha256').update(sql).digest('hex');

const checkOrder = (set: string, migrations: readonly Migration[]): void => {
  migrations.forEach(({ id }, index) => {
    const previous = migrations[index - 1]?.id;
    if (previous !== undefined && !(previous < id)) throw new SchemaMismatch(`migrations of ${set} must be in the order of their ids: ${id} comes after ${previous}`);
  });
};

/** How many are applied already, having checked that they are a beginning of what this program knows, and that it can go on with what else there is. */
const applied = async (tx: Queryable, set: string, migrations: readonly Migration[]): Promise<number> => {
  const { rows } = await tx.query<{ id: string; checksum: string; additive: boolean }>('SELECT id, checksum, additive FROM trunkline_migrations WHERE set_name = $1 ORDER BY id COLLATE "C"', [set]);
  const known = new Map(migrations.map((migration) => [migration.id, migration]));
  let index = 0;
  for (const row of rows) {
    const migration = known.get(row.id);
    if (migration === undefined) {
      if (row.additive) continue;
      throw new SchemaMismatch(`the database is newer than this program: it has migration ${row.id} of ${set}, which this version does not know; run the newer version, or restore a backup made before it`);
    }
    if (migrations[index] !== migration) throw new SchemaMismatch(`migration ${migrations[index]?.id ?? ''} of ${set} was never applied, but a later one, ${row.id}, was`);
    if (checksum(migration.sql) !== row.checksum) throw new SchemaMismatch(`migration ${row.id} of ${set} was changed after it had been applied; a change is a new migration`);
    index += 1;
  }
  return index;
};

/**
 * Brings the database to this program's schema. Each migration of the set (`event-store`, `leases`,
 * ...) runs once, in order, in a transaction of its own; several processes may do this at the same time. Returns
 * the ids that this call applied.
 *
 * Throws SchemaMismatch when the database is newer than the program, or an applied migration was edited.
 */
export const runMigrations = async (database: Database, set: string, migrations: readonly Migration[]): Promise<string[]> => {
  checkOrder(set, migrations);
  const done: string[] = [];
  for (;;) {
    const id = await database.transaction(
      async (tx) => {
        await tx.query(LOCK);
        await tx.query(TABLE);
        const next = migrations[await applied(tx, set, migrations)];
        if (next === undefined) return undefined;
        await tx.query(next.sql);
        await tx.query('INSERT INTO trunkline_migrations (set_name, id, checksum, additive) VALUES ($1, $2, $3, $4)', [set, next.id, checksum(next.sql), next.additive ?? false]);
        return next.id;
      },
      { statementTimeoutMs: 0 },
    );
    if (id === undefined) return done;
    done.push(id);
  }
};
