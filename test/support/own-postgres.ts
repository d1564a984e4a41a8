import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { runningServer } from '../../src/platform/embedded/cluster-files.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/platform/embedded/embedded-postgres.js';
import type { ServerSettings } from '../../src/platform/embedded/postgres-server.js';
import { systemClock } from '../../src/platform/time/system-clock.js';

/** A PostgreSQL that a test takes away and gives back; what it has committed it keeps. */
export class OwnPostgres {
  private constructor(
    private readonly dataDir: string,
    private readonly settings: ServerSettings,
    private server: EmbeddedPostgres,
  ) {}

  static async start(dataDir: string, settings: ServerSettings = {}): Promise<OwnPostgres> {
    const all = { max_connections: '300', ...settings };
    return new OwnPostgres(dataDir, all, await startEmbeddedPostgres({ dataDir, clock: systemClock, settings: all }));
  }

  /** The same after every return. */
  get pool(): pg.PoolConfig {
    return this.server.pool();
  }

  get isRunning(): boolean {
    return this.pid() !== undefined;
  }

  /** In order; connections are cut. */
  stop(): Promise<void> {
    return this.server.stop();
  }

  /** After `stop`, or after it ended by itself. */
  async startAgain(): Promise<void> {
    this.server = await startEmbeddedPostgres({ dataDir: this.dataDir, clock: systemClock, settings: this.settings });
  }

  /** It says nothing any more, and does nothing; connections stay open. */
  freeze(): void {
    this.signal('SIGSTOP');
  }

  thaw(): void {
    this.signal('SIGCONT');
  }

  /** What it wrote, from its first start on. */
  log(): string {
    return readFileSync(join(this.dataDir, 'postgres.log'), 'utf8');
  }

  private pid(): number | undefined {
    return runningServer(join(this.dataDir, 'data'))?.pid;
  }

  private signal(name: NodeJS.Signals): void {
    const pid = this.pid();
    if (pid === undefined) throw new Error(`no PostgreSQL runs in ${this.dataDir}`);
    for (const each of [pid, ...childrenOf(pid)]) process.kill(each, name);
  }
}

const childrenOf = (parent: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return Number(/\) \S (\d+) /.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1]) === parent;
      } catch {
        return false;
      }
    })
    .map(Number);
