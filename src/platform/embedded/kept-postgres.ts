import { join } from 'node:path';
import type pg from 'pg';
import type { Timer } from '../../kernel/clock.js';
import type { Alarms } from '../observability/alarms.port.js';
import { clusterVersion, runningServer } from './cluster-files.js';
import { type EmbeddedPostgres, EmbeddedPostgresError, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './embedded-postgres.js';

const LOOK_EVERY_MS = 1_000;

/**
 * The embedded PostgreSQL for as long as this process lives: a server that has ended (killed for memory, given
 * up on a full disk, or stopped with the process that had started it) is started again in the same place.
 */
export class KeptPostgres {
  private timer: Timer | undefined;
  private looking: Promise<void> = Promise.resolve();
  private stopped = false;

  private constructor(
    private readonly options: EmbeddedPostgresOptions,
    private readonly alarms: Alarms,
    private server: EmbeddedPostgres,
  ) {
    this.lookLater();
  }

  static async start(options: EmbeddedPostgresOptions, alarms: Alarms): Promise<KeptPostgres> {
    return new KeptPostgres(options, alarms, await startEmbeddedPostgres(options));
  }

  /** The same after every start. */
  pool(): pg.PoolConfig {
    return this.server.pool();
  }

  /** As EmbeddedPostgres.stop. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    await this.looking;
    await this.server.stop();
  }

  private lookLater(): void {
    if (this.stopped) return;
    this.timer = this.options.clock.after(LOOK_EVERY_MS, () => {
      this.looking = this.look().then(() => this.lookLater());
    });
  }

  private async look(): Promise<void> {
    const { dataDir } = this.options;
    try {
      const data = join(dataDir, 'data');
      if (runningServer(data) !== undefined) return;
      // A disk that is not mounted: an empty database in its place would be written to as if it were the log.
      if ((await clusterVersion(data)) === undefined) throw new EmbeddedPostgresError(`${data} holds no database any more: bring its disk back`);
      this.alarms.raise({ code: 'embedded-database-ended', message: `the embedded PostgreSQL in ${dataDir} has ended and is started again; its log is postgres.log there` });
      this.server = await startEmbeddedPostgres(this.options);
    } catch (error) {
      this.alarms.raise({ code: 'embedded-database-not-started', message: `the embedded PostgreSQL in ${dataDir} could not be started again; it is tried again`, error });
    }
  }
}
