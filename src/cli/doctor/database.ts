import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { masterKeyOf, MASTER_KEY_FILE } from '../../engine/storage.js';
import type { Clock } from '../../kernel/clock.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../platform/embedded/embedded-postgres.js';
import { Database } from '../../platform/postgres/database.js';
import { HTTP_MIGRATIONS, HTTP_SCHEMA } from '../../platform/postgres/idempotency-keys.js';
import { LEASE_MIGRATIONS } from '../../platform/postgres/leases.js';
import type { Migration } from '../../platform/postgres/migrations.js';
import { PLATFORM_MIGRATIONS, PLATFORM_SCHEMA } from '../../platform/postgres/platform-schema.js';
import { KeyRing } from '../../platform/privacy/key-wrapping.js';
import type { TrunklineSettings } from '../../settings.js';
import { masked } from './configuration.js';
import type { Report } from './report.js';
import { tellServerHealth } from './server-health.js';

const LEAST_VERSION = 150_000;

/** Migrations that this program knows, by set. */
const KNOWN: readonly (readonly [set: string, migrations: readonly Migration[]])[] = [[PLATFORM_SCHEMA, PLATFORM_MIGRATIONS], ['leases', LEASE_MIGRATIONS], [HTTP_SCHEMA, HTTP_MIGRATIONS]];

export interface ReachedDatabase {
  readonly database: Database;
  readonly pool: ReturnType<EmbeddedPostgres['pool']>;
  /** Whether the schema is this program's, so that its tables can be looked at. */
  readonly current: boolean;
  /** Undefined where there is no master key that fits. */
  readonly keyRing: KeyRing | undefined;
  close(): Promise<void>;
}

/** Connects to the database, and tells what it is and whether its schema fits. Undefined where there is none to look at. */
export const reachDatabase = async (report: Report, settings: TrunklineSettings, clock: Clock): Promise<ReachedDatabase | undefined> => {
  report.section('PostgreSQL');
  const { databaseUrl, dataDir } = settings;
  let embedded: EmbeddedPostgres | undefined;
  if (databaseUrl === undefined) {
    const folder = resolve(dataDir, 'postgres');
    if (!existsSync(folder)) {
      report.fact('embedded', 'no data yet; the first start makes it (npm start, or npm run demo)');
      return undefined;
    }
    try {
      embedded = await startEmbeddedPostgres({ dataDir: folder, clock });
    } catch (error) {
      report.problem('database-not-started', `the embedded PostgreSQL does not start: ${(error as Error).message}`, `look at ${join(folder, 'postgres.log')}`);
      return undefined;
    }
    report.fact('embedded', `${folder}, ${embedded.attached ? 'run by another process of Trunkline' : 'started for this look'}`);
  } else {
    report.fact('address', masked(databaseUrl));
  }
  const pool = embedded?.pool() ?? { connectionString: databaseUrl! };
  const database = new Database(pool, { applicationName: 'trunkline doctor', maxConnections: 3 });
  const close = async (): Promise<void> => {
    await database.close();
    await embedded?.stop();
  };
  try {
    const { rows } = await database.query<{ version: string; number: string }>(`SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number`);
    report.fact('version', rows[0]?.version ?? 'unknown');
    if (Number(rows[0]?.number) < LEAST_VERSION) report.problem('database-old', `PostgreSQL is ${rows[0]?.version}`, 'Trunkline needs PostgreSQL 15 or newer: upgrade the server, or set DATABASE_URL to another one');
    await tellServerHealth(report, database, clock);
    const current = await tellMigrations(report, database);
    const keyRing = current ? await tellMasterKey(report, database, settings) : undefined;
    return { database, pool, current, keyRing, close };
  } catch (error) {
    report.problem('database-away', `PostgreSQL does not answer: ${(error as Error).message}`, 'start the server, or put DATABASE_URL right (address, user, password, database)');
    await close();
    return undefined;
  }
};

const tellMigrations = async (report: Report, database: Database): Promise<boolean> => {
  const { rows: found } = await database.query<{ there: boolean }>(`SELECT to_regclass('trunkline_migrations') IS NOT NULL AS there`);
  if (found[0]?.there !== true) {
    report.fact('schema', 'none yet; the first start makes it');
    return false;
  }
  // As JSON, because a database of before may not say of its migrations which are additive.
  const { rows } = await database.query<{ set_name: string; id: string; additive: boolean }>(`SELECT set_name, id, coalesce((to_jsonb(m) ->> 'additive')::boolean, false) AS additive FROM trunkline_migrations m`);
  let current = true;
  for (const [set, migrations] of KNOWN) {
    const applied = new Set(rows.filter(({ set_name: name }) => name === set).map(({ id }) => id));
    const missing = migrations.filter(({ id }) => !applied.has(id)).length;
    const unknown = rows.filter(({ set_name: name, id }) => name === set && migrations.every((migration) => migration.id !== id));
    const newer = unknown.filter(({ additive }) => !additive).map(({ id }) => id);
    if (unknown.length > newer.length) report.fact(`schema ${set}`, `a newer program has added ${unknown.filter(({ additive }) => additive).map(({ id }) => id).join(', ')}; this one goes on with it`);
    report.fact(`schema ${set}`, `${applied.size} migrations applied${missing > 0 ? `, ${missing} to come with the next start` : ''}`);
    if (newer.length > 0) report.problem('database-newer', `the database is newer than this program: ${set} has ${newer.join(', ')}`, 'run the newer version of Trunkline, or restore a backup from before it');
    current &&= missing === 0;
  }
  return current;
};

const tellMasterKey = async (report: Report, database: Database, settings: TrunklineSettings): Promise<KeyRing | undefined> => {
  const { rows } = await database.query<{ key_id: string; tenant_id: string; subject: string; wrapped_key: Buffer }>('SELECT key_id, tenant_id, subject, wrapped_key FROM trunkline_subject_keys WHERE wrapped_key IS NOT NULL LIMIT 1');
  const [key] = rows;
  const hasKey = settings.masterKey !== undefined || existsSync(join(settings.dataDir, MASTER_KEY_FILE));
  if (key === undefined) return hasKey ? new KeyRing(masterKeyOf(settings)) : undefined;
  if (!hasKey) {
    report.problem('master-key-missing', 'personal data is stored here, but there is no master key', `set TRUNKLINE_MASTER_KEY to the one that it was written with, or put ${join(resolve(settings.dataDir), MASTER_KEY_FILE)} back from the backup`);
    return undefined;
  }
  try {
    const keyRing = new KeyRing(masterKeyOf(settings));
    keyRing.unwrap(key.tenant_id, key.subject, key.key_id, key.wrapped_key);
    report.fact('master key', 'opens the personal data that is stored here');
    return keyRing;
  } catch (error) {
    report.problem('master-key-wrong', (error as Error).message, 'set TRUNKLINE_MASTER_KEY to the one that the data was written with, or put the key file in the data folder back from the backup');
    return undefined;
  }
};
