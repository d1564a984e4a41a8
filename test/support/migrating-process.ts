import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { Database } from '../../src/platform/postgres/database.js';
import { runMigrations } from '../../src/platform/postgres/migrations.js';
import type { Migration } from '../../src/platform/postgres/migrations.js';

/** Fails if two processes run it, and takes long enough for them to meet. */
export const SLOW_MIGRATIONS: readonly Migration[] = ['0001', '0002', '0003', '0004'].map((id) => ({
  id,
  sql: `SELECT pg_sleep(0.1); CREATE TABLE step_${id} (n int); INSERT INTO step_${id} VALUES (1);`,
}));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const database = new Database(JSON.parse(process.argv[2] ?? '{}') as pg.PoolConfig);
  process.stdout.write(JSON.stringify(await runMigrations(database, 'slow', SLOW_MIGRATIONS)));
  await database.close();
}
