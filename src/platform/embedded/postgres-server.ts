import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Clock } from '../../kernel/clock.js';
import { sleep } from '../../kernel/clock.js';
import { OWNER_SETTING, removeStaleLock, runningServer } from './cluster-files.js';
import type { RunningServer } from './cluster-files.js';
import { socketDirectory } from './cluster-home.js';
import type { ClusterHome } from './cluster-home.js';
import { EmbeddedPostgresError, explainOutput } from './embedded-postgres-error.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { identityOf } from './process-identity.js';
import type { ProcessIdentity } from './process-identity.js';
import { serverEnvironment } from './server-account.js';

const POLL_MS = 15;
const LOG_KEPT_BYTES = 8 * 1024 * 1024;

/** Settings of the server; names as PostgreSQL has them. */
export type ServerSettings = Readonly<Record<string, string>>;

const BASE_SETTINGS: ServerSettings = {
  listen_addresses: '',
  port: '5432',
  unix_socket_permissions: '0700',
  max_connections: '60',
  shared_buffers: '128MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // No replica will ever read this log, so it holds what recovery needs and no more.
  wal_level: 'minimal',
  max_wal_senders: '0',
  wal_compression: 'on',
  max_wal_size: '1GB',
  checkpoint_timeout: '15min',
  log_checkpoints: 'off',
  jit: 'off',
};

/** Survives anything but the loss of the disk. */
export const DURABLE: ServerSettings = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' };
/** For data that nobody will miss, such as a test's. */
export const DISPOSABLE: ServerSettings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

const openLog = (file: string): number => {
  if (sizeOf(file) > LOG_KEPT_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
};

/**
 * Starts the server and waits until it accepts connections. Undefined: another process was faster,
 * or the remains of a killed server are not gone yet; look again.
 *
 * The server gets a session of its own, so that a Ctrl-C in the terminal does not stop it under the
 * feet of the owner's graceful shutdown.
 */
export const launch = async (clock: Clock, home: ClusterHome, binaries: PostgresBinaries, owner: ProcessIdentity, settings: ServerSettings, deadline: number): Promise<RunningServer | undefined> => {
  const all = { ...BASE_SETTINGS, ...settings, unix_socket_directories: await socketDirectory(home), [OWNER_SETTING]: owner };
  removeStaleLock(home.data);
  const log = openLog(home.log);
  const logStart = sizeOf(home.log);
  const { uid, gid } = home.account;
  const child = spawn(binaries.postgres, ['-D', home.data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: home.data,
    env: serverEnvironment(),
    ...(uid === undefined || gid === undefined ? {} : { uid, gid }),
  });
  closeSync(log);
  let failure: Error | undefined;
  child.on('error', (error) => (failure = error));
  child.unref();
  while (failure === undefined && child.exitCode === null && child.signalCode === null) {
    const server = runningServer(home.data);
    if (server?.pid === child.pid && server?.status === 'ready') return server;
    if (clock.now() > deadline) {
      child.kill('SIGQUIT');
      throw explainOutput('PostgreSQL did not become ready in time', home.directory, readFileSync(home.log, 'utf8').slice(-2000));
    }
    await sleep(clock, POLL_MS);
  }
  if (failure !== undefined) throw new EmbeddedPostgresError(`PostgreSQL could not be started as ${home.account.name}: ${failure.message}`);
  const output = readFileSync(home.log).subarray(logStart).toString('utf8');
  if (/lock file "[^"]+" already exists|pre-existing shared memory block/.test(output) && clock.now() < deadline) return undefined;
  throw explainOutput('PostgreSQL did not start', home.directory, output);
};

const goneWithin = async (clock: Clock, pid: number, ms: number): Promise<boolean> => {
  const until = clock.now() + ms;
  const identity = identityOf(pid);
  while (identity !== undefined && identityOf(pid) === identity) {
    if (clock.now() >= until) return false;
    await sleep(clock, POLL_MS);
  }
  return true;
};

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/**
 * Stops a server: connections are cut, open transactions rolled back, a checkpoint written. One that
 * does not get there in 30 s is stopped at once and recovers from its log at the next start.
 */
export const stopServer = async (clock: Clock, server: RunningServer): Promise<void> => {
  signal(server.pid, 'SIGINT');
  if (!(await goneWithin(clock, server.pid, 30_000))) {
    signal(server.pid, 'SIGQUIT');
    if (!(await goneWithin(clock, server.pid, 10_000))) {
      throw new EmbeddedPostgresError(`PostgreSQL (process ${server.pid}) does not stop; stop it by hand: kill -QUIT ${server.pid}`);
    }
  }
  if (/^\/tmp\/trunkline-[0-9a-f]{12}$/.test(server.socketDirectory)) await rm(server.socketDirectory, { recursive: true, force: true });
};
