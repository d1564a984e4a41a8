import pg from 'pg';
import type { Clock } from '../../kernel/clock.js';
import { sleep } from '../../kernel/clock.js';
import { clusterVersion, runningServer } from './cluster-files.js';
import type { RunningServer } from './cluster-files.js';
import { initialise, openCopyPlace, openHome } from './cluster-home.js';
import type { ClusterHome } from './cluster-home.js';
import { EmbeddedPostgresError, OR_DATABASE_URL } from './embedded-postgres-error.js';
import { findBinaries } from './postgres-binaries.js';
import { DISPOSABLE, DURABLE, launch, stopServer } from './postgres-server.js';
import type { ServerSettings } from './postgres-server.js';
import { identityOf, isRunning } from './process-identity.js';

export { EmbeddedPostgresError } from './embedded-postgres-error.js';

export interface EmbeddedPostgresOptions {
  /** Where the data lives; created when missing. One server per directory, however many processes ask. */
  readonly dataDir: string;
  readonly clock: Clock;
  /** False gives up the data's survival of a crash for speed. Default true. */
  readonly durable?: boolean;
  /** PostgreSQL settings beyond ours, for example `{ max_connections: '100' }`. */
  readonly settings?: ServerSettings;
  /** How long the start may take in all, recovery after a crash included. Default 120 s. */
  readonly timeoutMs?: number;
}

/** A PostgreSQL server that runs beside this process and is reached through a unix socket only. */
export interface EmbeddedPostgres {
  /** How to connect; the database is `trunkline` unless another is named. */
  pool(database?: string): pg.PoolConfig;
  /** Stops the server if this process owns it; else only lets go. Close the pools first. */
  stop(): Promise<void>;
  /** True when another living process owns the server. */
  readonly attached: boolean;
}

const DATABASE = 'trunkline';
const POLL_MS = 50;

const ensureDatabase = async (config: pg.PoolConfig): Promise<void> => {
  const client = new pg.Client({ ...config, database: 'postgres' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } catch (error) {
    // Another process created it at the same moment.
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error;
  } finally {
    await client.end();
  }
};

const handleOf = async (clock: Clock, server: RunningServer, attached: boolean): Promise<EmbeddedPostgres> => {
  const pool = (database = DATABASE): pg.PoolConfig => ({ host: server.socketDirectory, port: server.port, user: 'postgres', database, ssl: false });
  try {
    await ensureDatabase(pool());
  } catch (error) {
    // Whoever gets no handle cannot stop it.
    if (!attached) await stopServer(clock, server);
    throw error;
  }
  let stopped: Promise<void> | undefined;
  return { pool, attached, stop: () => (stopped ??= attached ? Promise.resolve() : stopServer(clock, server)) };
};

/** One look at the directory and one step forward; undefined: look again. */
const step = async (options: EmbeddedPostgresOptions, home: ClusterHome, deadline: number): Promise<EmbeddedPostgres | undefined> => {
  const { clock, durable = true } = options;
  const server = runningServer(home.data);
  if (server !== undefined) {
    if (server.status === 'ready' && (server.owner === undefined || isRunning(server.owner))) return handleOf(clock, server, true);
    if (server.status === 'ready') await stopServer(clock, server);
    else await sleep(clock, POLL_MS);
    return undefined;
  }
  const version = await clusterVersion(home.data);
  const binaries = await findBinaries(home.account, () => openCopyPlace(home), version);
  if (version === undefined) {
    await initialise(home, binaries, durable);
    return undefined;
  }
  const owner = identityOf(process.pid);
  if (owner === undefined) throw new EmbeddedPostgresError(`this system does not tell when a process started (/proc or ps is needed): make it available, ${OR_DATABASE_URL}`);
  const launched = await launch(clock, home, binaries, owner, { ...(durable ? DURABLE : DISPOSABLE), ...options.settings }, deadline);
  if (launched !== undefined) return handleOf(clock, launched, false);
  await sleep(clock, POLL_MS);
  return undefined;
};

/**
 * Starts PostgreSQL on `dataDir`, or attaches to the one that runs there for another living process.
 * A server whose owner died is stopped and started anew; nothing that was committed is lost.
 *
 * There are no exit handlers: the owner calls `stop` at the end of its own shutdown, and if it dies
 * before, the next start puts things right.
 */
export const startEmbeddedPostgres = async (options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> => {
  const deadline = options.clock.now() + (options.timeoutMs ?? 120_000);
  try {
    const home = await openHome(options.dataDir);
    while (options.clock.now() < deadline) {
      const done = await step(options, home, deadline);
      if (done !== undefined) return done;
    }
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC') throw new EmbeddedPostgresError(`the disk that holds ${options.dataDir} is full: free some space, ${OR_DATABASE_URL}`);
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
      throw new EmbeddedPostgresError(`no permission for ${path ?? options.dataDir}: the data belongs to another user or the place is read-only; run as that user, choose another data directory, ${OR_DATABASE_URL}`);
    }
    throw error;
  }
  throw new EmbeddedPostgresError(`the database in ${options.dataDir} did not become ready in time; its log is postgres.log in that directory`);
};
