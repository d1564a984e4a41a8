import type { Clock } from '../../kernel/clock.js';
import type { Database } from '../postgres/database.js';
import { sqlState } from '../postgres/database-errors.js';

const PREFIX = 'trunkline_scratch_';
const DUPLICATE_SCHEMA = '42P06';
/** Older ones belong to somebody who is gone. */
const LEFT_OVER_MS = 24 * 3_600_000;

/** Runs `work` with a schema of its own, and drops the schema after. Left-overs of crashed runs are dropped on the way. */
export const withScratchSchema = async <T>(database: Database, clock: Clock, work: (schema: string) => Promise<T>): Promise<T> => {
  await dropLeftOvers(database, clock);
  const schema = await create(database, clock);
  try {
    return await work(schema);
  } finally {
    await database.transaction((tx) => tx.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`), { statementTimeoutMs: 0 });
  }
};

const create = async (database: Database, clock: Clock): Promise<string> => {
  for (let n = 0; ; n += 1) {
    const schema = `${PREFIX}${clock.now().toString(36)}_${n}`;
    try {
      await database.query(`CREATE SCHEMA ${schema}`);
      return schema;
    } catch (error) {
      if (sqlState(error) !== DUPLICATE_SCHEMA) throw error;
    }
  }
};

const dropLeftOvers = async (database: Database, clock: Clock): Promise<void> => {
  const { rows } = await database.query<{ name: string }>('SELECT nspname AS name FROM pg_namespace WHERE starts_with(nspname, $1)', [PREFIX]);
  for (const { name } of rows) {
    const madeAt = Number.parseInt(name.slice(PREFIX.length).split('_')[0] ?? '', 36);
    if (Number.isSafeInteger(madeAt) && madeAt < clock.now() - LEFT_OVER_MS && /^[a-z0-9_]+$/.test(name)) await database.query(`DROP SCHEMA IF EXISTS ${name} CASCADE`);
  }
};
