import type pg from 'pg';
import type { Clock } from '../../../kernel/clock.js';
import { sqlState } from '../../postgres/database-errors.js';
import {
  EventStoreUnavailable,
  InvalidEvent,
  WrongExpectedRevision,
  type AppendResult,
  type EventFilter,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  type ReadAllOptions,
  type ReadStreamOptions,
  type StoreFigures,
  type StoredEvent,
  type StreamAppend,
  type SubscribeOptions,
  type SubscriptionMessage,
} from '../event-store.port.js';
import { followLog, type LogPage } from '../follow-log.js';
import { LogEnd } from '../log-end.js';
import { checkExpectedRevision, isStreamName, prepareEvents, prepareTogether } from '../prepare-events.js';
import { AppendListener } from './append-listener.js';
import { AppendQueue, type Append } from './append-queue.js';
import { appendStatement, decodeOutcome, encodeGroup, type AppendOutcome } from './append-statement.js';
import { connectionConfig, Connections, isPassing, type Row, type Statement } from './connections.js';
import { decodePage, filterValues, logQueries } from './log-queries.js';
import { channelOf, checkSchemaName, isMigratedSql, migrateSql } from './postgres.event-store.schema.js';
import { Retries } from './retries.js';

export interface PostgresEventStoreOptions {
  /** How to connect, directly and not through a transaction pooler: LISTEN and prepared statements need the session. */
  readonly pool: pg.PoolConfig;
  readonly clock: Clock;
  /** The schema that holds the log; default `event_store`. */
  readonly schema?: string;
}

const PAGE = 1_000;
/** How far a filtered read looks in one statement. */
const WINDOW = 50_000n;
const POLL_MS = 250;
/** One attempt; a retry follows on a new connection. */
const ATTEMPT_MS = 5_000;
const LAST = 2n ** 63n - 1n;

/**
 * The log in a schema of PostgreSQL 14 or later. Call `migrate` once before use. Has connections of its own: one to
 * append, up to `pool.max` (default 4) to read, one to listen; all are renewed when they break.
 */
export class PostgresEventStore implements EventStore {
  readonly densePositions = true;
  private readonly clock: Clock;
  private readonly schema: string;
  private readonly writer: Connections;
  private readonly readers: Connections;
  private readonly listener: AppendListener;
  private readonly queue: AppendQueue<AppendOutcome>;
  private readonly queries: ReturnType<typeof logQueries>;
  private readonly retries: Retries;
  private readonly end = new LogEnd();
  private readonly closing = new AbortController();
  private closed: Promise<void> | undefined;
  private id: string | undefined;

  constructor(options: PostgresEventStoreOptions) {
    this.clock = options.clock;
    this.schema = checkSchemaName(options.schema ?? 'event_store');
    this.queries = logQueries(this.schema);
    const config = connectionConfig(options.pool);
    this.writer = new Connections({ ...config, max: 1, idleTimeoutMillis: 0 }, this.clock);
    this.readers = new Connections({ max: 4, ...config }, this.clock);
    this.listener = new AppendListener(config, channelOf(this.schema), this.clock, (position) => this.end.announce(position));
    this.retries = new Retries(this.clock, isPassing, this.closing.signal);
    const statement = appendStatement(this.schema);
    this.queue = new AppendQueue({
      clock: this.clock,
      isPassing,
      send: async (group: readonly Append[], sets: readonly number[]) => (await this.writer.run(statement, encodeGroup(group, sets), ATTEMPT_MS)).map(decodeOutcome),
    });
  }

  /** Creates what is missing in the database. Does nothing where all is there; several may do it at once. */
  async migrate(): Promise<void> {
    this.assertOpen();
    await this.retries.bounded('migration', async () => {
      const [row] = await this.readers.run({ name: 'is_migrated', text: isMigratedSql(this.schema) }, [], ATTEMPT_MS);
      if (row?.[0] !== 't') await this.writer.script(migrateSql(this.schema));
    });
  }

  async logId(): Promise<string> {
    this.assertOpen();
    this.id ??= (await this.read(this.queries.logId, []))[0]?.[0] ?? undefined;
    if (this.id === undefined) throw new Error(`the event log in schema ${this.schema} has lost its id (table ${this.schema}.log is empty)`);
    return this.id;
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    this.assertOpen();
    checkExpectedRevision(expected);
    const prepared = prepareEvents(stream, events);
    if (prepared.length === 0) return this.checkOnly(stream, expected);
    const outcome = await this.queue.add({ stream, expected, events: prepared }).catch((error: unknown) => {
      throw this.explained(error, `append to ${stream}`);
    });
    if (!outcome.done) throw new WrongExpectedRevision(stream, expected, outcome.actual);
    this.end.announce(outcome.result.position);
    return outcome.result;
  }

  async appendTogether(appends: readonly StreamAppend[]): Promise<readonly AppendResult[]> {
    this.assertOpen();
    const prepared = prepareTogether(appends);
    const what = `append to ${appends.map(({ stream }) => stream).join(', ')}`;
    const outcomes = await this.queue.addTogether(prepared).catch((error: unknown) => {
      throw this.explained(error, what);
    });
    const results = outcomes.flatMap((outcome) => (outcome.done ? [outcome.result] : []));
    if (results.length < appends.length) throw refusedOf(appends, outcomes);
    this.end.announce(results.at(-1)?.position ?? 0n);
    return results;
  }

  async readStream(stream: string, options: ReadStreamOptions = {}): Promise<StoredEvent[]> {
    this.assertOpen();
    if (!isStreamName(stream)) return [];
    const backwards = options.direction === 'backwards';
    const statement = backwards ? this.queries.streamBackwards : this.queries.streamForwards;
    const wanted = options.maxCount ?? Number.POSITIVE_INFINITY;
    const found: StoredEvent[] = [];
    let from = options.from ?? (backwards ? LAST : 0n);
    while (found.length < wanted && from >= 0n) {
      const limit = Math.min(PAGE, wanted - found.length);
      const { events, atEnd } = decodePage(await this.read(statement, [stream, from.toString(), limit]), limit);
      for (const event of events) found.push(event);
      const last = events.at(-1);
      if (atEnd || last === undefined) break;
      from = backwards ? last.revision - 1n : last.revision + 1n;
    }
    return found;
  }

  async readAll(options: ReadAllOptions): Promise<StoredEvent[]> {
    this.assertOpen();
    const found: StoredEvent[] = [];
    let after = options.after ?? 0n;
    while (found.length < options.maxCount) {
      const limit = Math.min(PAGE, options.maxCount - found.length);
      const page = await this.page((...query) => this.read(...query), after, options.upTo ?? LAST, limit, options.filter);
      for (const event of page.events) found.push(event);
      if (page.atEnd) break;
      after = page.scannedTo;
    }
    return found;
  }

  subscribeToAll(options: SubscribeOptions): AsyncIterable<SubscriptionMessage> {
    this.assertOpen();
    this.listener.start();
    const signal = AbortSignal.any([options.signal, this.closing.signal]);
    const run = (statement: Statement, values: unknown[]): Promise<Row[]> => this.readers.run(statement, values, ATTEMPT_MS);
    return followLog({
      after: options.after,
      signal,
      seen: options.seen,
      read: (after) =>
        this.retries.endless(signal, () => this.page(run, after, LAST, PAGE, options.filter)).catch((error: unknown) => {
          throw this.explained(error, 'subscription');
        }),
      more: async (position) => {
        await this.end.reachesBeyond(position, signal, { clock: this.clock, ms: POLL_MS });
        // The server's notice of our own append comes before its answer: what the subscriber gets by that need not be read.
        if (options.seen !== undefined) await this.queue.groupAnswered();
      },
    });
  }

  async head(): Promise<bigint> {
    this.assertOpen();
    return BigInt((await this.read(this.queries.head, []))[0]?.[0] ?? '0');
  }

  figures(): StoreFigures {
    const { waiting, oldestAt, groupSizes } = this.queue;
    return { waitingAppends: waiting, oldestAppendAt: oldestAt, groupSizes, pools: { writer: this.writer.figures, readers: this.readers.figures } };
  }

  /** Appends under way finish first, or fail after about ten seconds where the server is away. */
  close(): Promise<void> {
    this.closing.abort();
    this.closed ??= this.queue.drained().then(async () => {
      await Promise.all([this.listener.stop(), this.writer.end(), this.readers.end()]);
    });
    return this.closed;
  }

  /**
   * A look at the log. Positions are committed in their order, so that all up to a position that was
   * seen can be seen, and a filter that finds nothing up to there has missed nothing.
   */
  private async page(
    run: (statement: Statement, values: unknown[]) => Promise<Row[]>,
    after: bigint,
    upTo: bigint,
    limit: number,
    filter: EventFilter | undefined,
  ): Promise<LogPage> {
    if (filter === undefined) {
      const { events, atEnd } = decodePage(await run(this.queries.all, [after.toString(), upTo.toString(), limit]), limit);
      return { events, atEnd, scannedTo: events.at(-1)?.position ?? after };
    }
    const head = BigInt((await run(this.queries.head, []))[0]?.[0] ?? '0');
    const end = upTo < head ? upTo : head;
    if (end <= after) return { events: [], scannedTo: after, atEnd: true };
    const to = after + WINDOW < end ? after + WINDOW : end;
    const values = [after.toString(), to.toString(), limit, ...filterValues(filter)];
    const { events, atEnd } = decodePage(await run(this.queries.allFiltered, values), limit);
    return { events, atEnd: atEnd && to === end, scannedTo: atEnd ? to : (events.at(-1)?.position ?? after) };
  }

  private async checkOnly(stream: string, expected: ExpectedRevision): Promise<AppendResult> {
    const [last] = await this.readStream(stream, { direction: 'backwards', maxCount: 1 });
    const right =
      expected === 'any' ||
      (expected === 'no_stream' ? last === undefined : last !== undefined && (expected === 'stream_exists' || expected === last.revision));
    if (!right) throw new WrongExpectedRevision(stream, expected, last?.revision ?? 'no_stream');
    return { revision: last?.revision ?? -1n, position: last?.position ?? 0n };
  }

  private read(statement: Statement, values: unknown[]): Promise<Row[]> {
    return this.retries.bounded('read', () => this.readers.run(statement, values, ATTEMPT_MS)).catch((error: unknown) => {
      throw this.explained(error, 'read');
    });
  }

  private explained(error: unknown, what: string): unknown {
    const state = sqlState(error);
    if (state === '23505') return new InvalidEvent(`${what}: an event id of it is already used by another event of the log`, { cause: error });
    if (/^(42P01|42883|3F000)$/.test(state)) {
      return new Error(`${what}: schema ${this.schema} holds no event log, or an older one; run migrate() first`, { cause: error });
    }
    return error;
  }

  private assertOpen(): void {
    if (this.closing.signal.aborted) throw new EventStoreUnavailable('the event store is closed');
  }
}

/** What stood in the way of a set: the first append that does not find what it expects. */
const refusedOf = (appends: readonly StreamAppend[], outcomes: readonly AppendOutcome[]): WrongExpectedRevision => {
  const found = appends.map(({ stream, expected }, i) => ({ stream, expected, outcome: outcomes[i] }));
  const refused = found.find(({ expected, outcome }) => outcome?.done === false && outcome.actual !== expected) ?? found[0];
  return new WrongExpectedRevision(refused?.stream ?? '', refused?.expected ?? 'any', refused?.outcome?.done === false ? refused.outcome.actual : 'no_stream');
};
