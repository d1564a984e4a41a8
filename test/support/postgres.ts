import pg from 'pg';
import { startTestServer } from './test-server.js';

/** Where the run's server is, as JSON of a `pg.PoolConfig`; set by global-setup.mjs. */
export const TEST_POSTGRES = 'TRUNKLINE_TEST_POSTGRES';

export interface FreshDatabase {
  /** How to connect to the empty database; pass it to `new pg.Pool(...)`. */
  readonly pool: pg.PoolConfig;
  /** Removes the database, cutting connections that are still open. */
  drop(): Promise<void>;
}

let counter = 0;

const administer = async (config: pg.PoolConfig, sql: string): Promise<void> => {
  const client = new pg.Client(config);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
};

/**
 * An empty database of the caller's own on a real PostgreSQL. Under jest all share the server of the
 * run; elsewhere each call starts a server, which `drop` stops. Close the pools before `drop`.
 */
export const freshDatabase = async (): Promise<FreshDatabase> => {
  const shared = process.env[TEST_POSTGRES];
  const own = shared === undefined ? await startTestServer() : undefined;
  const config = own?.config ?? (JSON.parse(shared ?? '{}') as pg.PoolConfig);
  counter += 1;
  const name = `t_${process.pid}_${process.env['JEST_WORKER_ID'] ?? '0'}_${process.hrtime.bigint().toString(36)}_${counter}`;
  await administer(config, `CREATE DATABASE ${name} TEMPLATE template0 STRATEGY file_copy`);
  return {
    pool: { ...config, database: name },
    drop: async () => {
      await administer(config, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await own?.stop();
    },
  };
};
