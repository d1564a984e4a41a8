import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import type { Clock } from '../../src/kernel/clock.js';
import { runningServer } from '../../src/platform/embedded/cluster-files.js';
import { startEmbeddedPostgres } from '../../src/platform/embedded/embedded-postgres.js';
import { stopServer } from '../../src/platform/embedded/postgres-server.js';
import { identityOf, isRunning } from '../../src/platform/embedded/process-identity.js';

/** Time as it passes, for the parts of a test that stand outside of what is tested. */
export const realClock: Clock = {
  now: () => Date.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

export interface TestServer {
  /** How to connect to the database `postgres`. */
  readonly config: pg.PoolConfig;
  /** Stops the server and removes its data. */
  stop(): Promise<void>;
}

const PREFIX = 'trunkline-test-';

/** A run that was killed could not clean up; the next one does. */
const sweep = async (): Promise<void> => {
  for (const name of readdirSync(tmpdir())) {
    const owner = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined;
    if (owner === undefined || isRunning(owner)) continue;
    const directory = join(tmpdir(), name);
    try {
      const server = runningServer(join(directory, 'data'));
      if (server !== undefined) await stopServer(realClock, server);
      rmSync(directory, { recursive: true, force: true });
    } catch {
      // Another user's, or another run sweeps it right now.
    }
  }
};

/** Starts a PostgreSQL of this process's own, fast and forgetful, under the system's temporary directory. */
export const startTestServer = async (): Promise<TestServer> => {
  await sweep();
  const directory = join(tmpdir(), `${PREFIX}${identityOf(process.pid) ?? process.pid}`);
  mkdirSync(directory, { recursive: true });
  const server = await startEmbeddedPostgres({ dataDir: directory, clock: realClock, durable: false, settings: { max_connections: '120' } });
  return {
    config: server.pool('postgres'),
    stop: async () => {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
