import { Database } from '../../src/platform/postgres/database.js';
import { LEASE_MIGRATIONS } from '../../src/platform/postgres/leases.js';
import { runMigrations } from '../../src/platform/postgres/migrations.js';
import { PLATFORM_MIGRATIONS, PLATFORM_SCHEMA } from '../../src/platform/postgres/platform-schema.js';
import { ensureReaderRole } from '../../src/platform/postgres/row-level-security.js';
import { freshDatabase } from './postgres.js';

/** A database of the caller's own with the engine's tables. */
export const platformDatabase = async (): Promise<{ readonly database: Database; close(): Promise<void> }> => {
  const fresh = await freshDatabase();
  const database = new Database(fresh.pool, { applicationName: 'trunkline-test' });
  await ensureReaderRole(database);
  await runMigrations(database, 'leases', LEASE_MIGRATIONS);
  await runMigrations(database, PLATFORM_SCHEMA, PLATFORM_MIGRATIONS);
  return {
    database,
    close: async () => {
      await database.close();
      await fresh.drop();
    },
  };
};
