import pg from 'pg';
import type { Clock } from '../../kernel/clock.js';
import { sleep } from '../../kernel/clock.js';
import { CopyIn } from './copy-in.js';
import { DatabaseUnavailable, isUnavailable, translated } from './database-errors.js';
import type { PoolFigures } from './pool-figures.js';

export { DatabaseUnavailable } from './database-errors.js';

/** The role that every tenant's query runs as: it owns nothing, may only read, and row-level security binds it. */
export const READER_ROLE = 'trunkline_reader';

/** The transaction-local setting that row-level security compares `tenant_id` with. */
export const TENANT_SETTING = 'trunkline.tenant';

/** What can run a statement: the database itself, or a transaction on it. */
export interface Queryable {
  /** With a `name`, which must mean this very text and no other, each connection parses and plans it once. */
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(sql: string, values?: readonly unknown[], name?: string): Promise<pg.QueryResult<Row>>;
}

/** A transaction that is open. */
export interface Transaction extends Queryable {
  /** Runs a `COPY ... FROM STDIN` with rows in PostgreSQL's text format, in parts of any size. */
  copyIn(sql: string, rows: Iterable<string>): Promise<void>;
}

export interface DatabaseOptions {
  /** Shown in pg_stat_activity, so that an operator sees which part holds a connection. */
  readonly applicationName?: string;
  /** The server cancels a statement that takes longer. Default 30 s; 0 is no limit. */
  readonly statementTimeoutMs?: number;
  /** How long to wait for a connection, a free one of the pool included. Default 5 s. */
  readonly connectTimeoutMs?: number;
  readonly maxConnections?: number;
  /** A connection broke while nobody used it. The pool replaces it; this is for the log. */
  readonly onIdleError?: (error: Error) => void;
}

export interface TransactionOptions {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readonly readOnly?: boolean;
  /** Instead of the database's own limit, for this transaction only; 0 is no limit. */
  readonly statementTimeoutMs?: number;
  /** Settings of PostgreSQL for this transaction only, by name. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A client that does not answer at all is given up this long after the server should have cancelled. */
const ANSWER_GRACE_MS = 5_000;
const RETRY_MS = 100;

const whole = (name: string, value: number): number => {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} must be a whole number of milliseconds, 0 or more; got ${value}`);
  return value;
};

/**
 * A thin hand on a pool of connections. Every failure to reach the server, and every connection lost
 * on the way, comes out as DatabaseUnavailable; what the server itself refuses comes out as it is.
 */
export class Database implements Queryable {
  readonly #pool: pg.Pool;
  readonly #statementTimeoutMs: number;

  constructor(config: pg.PoolConfig, options: DatabaseOptions = {}) {
    this.#statementTimeoutMs = whole('statementTimeoutMs', options.statementTimeoutMs ?? 30_000);
    this.#pool = new pg.Pool({
      connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
      ...(options.applicationName === undefined ? {} : { application_name: options.applicationName }),
      ...(options.maxConnections === undefined ? {} : { max: options.maxConnections }),
      ...config,
      ...(this.#statementTimeoutMs === 0 ? {} : { statement_timeout: this.#statementTimeoutMs }),
    });
    this.#pool.on('error', (error) => {
      // The pool counts as closed before the server has heard of it.
      if (!this.#pool.ending) options.onIdleError?.(error);
    });
    // One that breaks while a transaction holds it has no other listener, and would end the process.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** One statement in a transaction of its own. */
  async query<Row extends pg.QueryResultRow = pg.QueryResultRow>(sql: string, values?: readonly unknown[], name?: string): Promise<pg.QueryResult<Row>> {
    try {
      return await this.#pool.query<Row>(this.#statement(sql, values, this.#statementTimeoutMs, name));
    } catch (error) {
      throw translated(error);
    }
  }

  /**
   * Runs `work` in one transaction: committed when it returns, rolled back when it throws. On
   * DatabaseUnavailable it is unknown whether the commit happened.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const isolation = options.isolation === undefined ? '' : ` ISOLATION LEVEL ${options.isolation.toUpperCase()}`;
    const settings = Object.entries(options.settings ?? {}).map(([name, value]) => `; SET LOCAL ${pg.escapeIdentifier(name)} = ${pg.escapeLiteral(value)}`);
    return this.#run(`BEGIN${isolation}${options.readOnly === true ? ' READ ONLY' : ''}${settings.join('')}`, work, options.statementTimeoutMs);
  }

  /**
   * Reads on behalf of one tenant, in one snapshot: only that tenant's rows can be seen, whatever
   * `work` asks for, and nothing can be written. The tables need tenantIsolationSql.
   */
  tenantTransaction<T>(tenantId: string, work: (tx: Queryable) => Promise<T>, options: Pick<TransactionOptions, 'statementTimeoutMs'> = {}): Promise<T> {
    if (tenantId === '') return Promise.reject(new TypeError('a tenant transaction needs a tenant id; got an empty one'));
    const tenant = pg.escapeLiteral(tenantId);
    const begin = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL ROLE ${READER_ROLE}; SELECT set_config('${TENANT_SETTING}', ${tenant}, true)`;
    return this.#run(begin, work, options.statementTimeoutMs);
  }

  /** Tries until the server answers; throws DatabaseUnavailable when `deadline` (ms since the epoch) passes before. */
  async waitUntilReachable(clock: Clock, deadline: number): Promise<void> {
    for (;;) {
      try {
        await this.query('SELECT 1');
        return;
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable) || clock.now() + RETRY_MS > deadline) throw error;
      }
      await sleep(clock, RETRY_MS);
    }
  }

  get figures(): PoolFigures {
    return { open: this.#pool.totalCount, idle: this.#pool.idleCount, waiting: this.#pool.waitingCount, limit: this.#pool.options.max };
  }

  /** Waits for what runs and closes all connections. */
  async close(): Promise<void> {
    if (!this.#pool.ended && !this.#pool.ending) await this.#pool.end();
  }

  #statement(sql: string, values: readonly unknown[] | undefined, timeoutMs: number, name?: string): pg.QueryConfig {
    // query_timeout is understood by the client, but missing in its types for a single query.
    const limit: object = timeoutMs === 0 ? {} : { query_timeout: timeoutMs + ANSWER_GRACE_MS };
    return { text: sql, ...(name === undefined ? {} : { name }), ...(values === undefined ? {} : { values: [...values] }), ...limit };
  }

  async #run<T>(begin: string, work: (tx: Transaction) => Promise<T>, statementTimeoutMs?: number): Promise<T> {
    const timeoutMs = whole('statementTimeoutMs', statementTimeoutMs ?? this.#statementTimeoutMs);
    const client = await this.#pool.connect().catch((error: unknown) => Promise.reject(translated(error)));
    const run = async <Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[], name?: string): Promise<pg.QueryResult<Row>> => {
      try {
        return await client.query<Row>(this.#statement(sql, values, timeoutMs, name));
      } catch (error) {
        throw translated(error);
      }
    };
    const copyIn = async (sql: string, rows: Iterable<string>): Promise<void> => {
      try {
        await client.query(new CopyIn(sql, rows, timeoutMs === 0 ? 0 : timeoutMs + ANSWER_GRACE_MS)).done;
      } catch (error) {
        throw translated(error);
      }
    };
    let broken: Error | undefined;
    try {
      await run(statementTimeoutMs === undefined ? begin : `${begin}; SET LOCAL statement_timeout = ${timeoutMs}`);
      const result = await work({ query: run, copyIn });
      const { command } = await run('COMMIT');
      // The server answers so, without an error, when `work` swallowed the failure of a statement.
      if (command !== 'COMMIT') throw new Error('the transaction was rolled back, because a statement in it had failed');
      return result;
    } catch (error) {
      if (isUnavailable(error)) broken = error as Error;
      else await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
      throw error;
    } finally {
      client.release(broken);
    }
  }
}
