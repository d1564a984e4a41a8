import pg from 'pg';
import type { Clock } from '../../../kernel/clock.js';
import { isUnavailable, sqlState } from '../../postgres/database-errors.js';
import type { PoolFigures } from '../../postgres/pool-figures.js';

/** No answer came in time; the connection was given up and the outcome is unknown. */
class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/**
 * SQLSTATEs after which the same statement may succeed: 40001, 40P01 and 55P03 others stood in the
 * way, 57014 it was cancelled (by its timeout, say), 25006 the server is a standby, 53xxx it is out
 * of disk, memory or connections, 58xxx it could not read or write its files.
 */
const PASSING = /^(40001|40P01|55P03|57014|25006|53...|58...)$/;

/** Whether to try again: the server was away, did not answer, or refused for a reason that can pass. */
export const isPassing = (error: unknown): boolean => error instanceof NoAnswer || isUnavailable(error) || PASSING.test(sqlState(error));

/** Values come as the text that the server sent, so that settings elsewhere in the process cannot change them. */
const AS_TEXT: pg.CustomTypesConfig = { getTypeParser: () => (value: unknown) => value };

/** A statement that each connection prepares once, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export type Row = readonly (string | null)[];

/**
 * Settings that the store's statements rely on: each sees what is committed when it starts; none may
 * be planned as a scan of the table while that is still small; each has one good plan, so that
 * planning it anew for its values (measured: half of a lone append's time) or compiling it gains nothing.
 */
const SETTINGS = '-c default_transaction_isolation=read\\ committed -c enable_seqscan=off -c plan_cache_mode=force_generic_plan -c jit=off';

export const connectionConfig = (config: pg.PoolConfig): pg.PoolConfig => ({
  application_name: 'trunkline event store',
  connectionTimeoutMillis: 5_000,
  statement_timeout: 30_000,
  keepAlive: true,
  ...config,
  options: config.options === undefined ? SETTINGS : `${config.options} ${SETTINGS}`,
});

/** A pool whose connections are given up, not reused, as soon as one of them is in doubt. */
export class Connections {
  private readonly pool: pg.Pool;
  private readonly clock: Clock;

  constructor(config: pg.PoolConfig, clock: Clock) {
    this.clock = clock;
    this.pool = new pg.Pool(config);
    // The pool replaces a connection that breaks; without listeners it would end the process.
    this.pool.on('error', () => undefined);
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Runs one statement. What takes longer than `ms` milliseconds fails, with an unknown outcome. */
  async run(statement: Statement, values: readonly unknown[], ms: number): Promise<Row[]> {
    const client = await this.pool.connect();
    let timer: { cancel(): void } | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        timer = this.clock.after(ms, () => reject(new NoAnswer(`PostgreSQL did not answer within ${ms} ms`)));
      });
      const answer = client.query<(string | null)[]>({ ...statement, values: [...values], rowMode: 'array', types: AS_TEXT });
      const { rows } = await Promise.race([answer, late]);
      client.release();
      return rows;
    } catch (error) {
      client.release(isPassing(error));
      throw error;
    } finally {
      timer?.cancel();
    }
  }

  /** Runs several statements as they are, without values and without a result. */
  async script(sql: string): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query(sql);
      client.release();
    } catch (error) {
      // A script may have opened a transaction.
      client.release(true);
      throw error;
    }
  }

  get figures(): PoolFigures {
    return { open: this.pool.totalCount, idle: this.pool.idleCount, waiting: this.pool.waitingCount, limit: this.pool.options.max };
  }

  /** Waits for what runs, then closes. */
  end(): Promise<void> {
    return this.pool.end();
  }
}
