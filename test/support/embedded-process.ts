import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { startEmbeddedPostgres } from '../../src/platform/embedded/embedded-postgres.js';
import { realClock } from './test-server.js';

/** What the second process reports once it has its database, or why it has none. */
export interface ProcessReport {
  readonly attached: boolean;
  readonly pool: pg.PoolConfig;
  readonly error?: string;
}

/** A process of its own that starts (or attaches to) the embedded PostgreSQL of a directory. */
export interface EmbeddedProcess {
  readonly child: ChildProcess;
  readonly report: Promise<ProcessReport>;
  /** Lets it stop in an orderly way, and waits for its end. */
  stop(): Promise<void>;
  /** As the kernel does when memory runs out. */
  kill(): Promise<void>;
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => (child.exitCode !== null || child.signalCode !== null ? resolve() : child.once('exit', () => resolve())));

/** `ids`: run as another user. */
export const embeddedProcess = (dataDir: string, ids: { uid?: number; gid?: number } = {}): EmbeddedProcess => {
  const here = fileURLToPath(import.meta.url);
  const hooks = fileURLToPath(new URL('./register-swc.mjs', import.meta.url));
  const child = spawn(process.execPath, ['--import', hooks, here, dataDir], { stdio: ['pipe', 'pipe', 'inherit'], cwd: '/', ...ids });
  const report = new Promise<ProcessReport>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => resolve(JSON.parse(line) as ProcessReport));
    child.once('exit', (code) => reject(new Error(`the process ended with ${code} before it reported`)));
  });
  report.catch(() => undefined);
  return {
    child,
    report,
    stop: async () => {
      child.stdin.end();
      await ended(child);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended(child);
    },
  };
};

/** The other side: runs until its standard input ends. */
const main = async (dataDir: string): Promise<void> => {
  const done = new Promise<void>((resolve) => process.stdin.resume().once('end', resolve));
  const say = (report: ProcessReport): void => void process.stdout.write(`${JSON.stringify(report)}\n`);
  try {
    const server = await startEmbeddedPostgres({ dataDir, clock: realClock });
    say({ attached: server.attached, pool: server.pool() });
    await done;
    await server.stop();
  } catch (error) {
    say({ attached: false, pool: {}, error: (error as Error).message });
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] !== undefined) await main(process.argv[2]);
