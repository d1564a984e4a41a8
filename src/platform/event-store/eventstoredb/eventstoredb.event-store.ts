import { setMaxListeners } from 'node:events';
import { isoTime, type Clock, type Random } from '../../../kernel/clock.js';
import {
  EventStoreUnavailable,
  InvalidEvent,
  WrongExpectedRevision,
  type AppendResult,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  type ReadAllOptions,
  type ReadStreamOptions,
  type StoredEvent,
  type SubscribeOptions,
  type SubscriptionMessage,
} from '../event-store.port.js';
import { checkExpectedRevision, prepareEvents } from '../prepare-events.js';
import { NoAnswer } from './errors.js';
import { LogReader } from './log-reader.js';
import { ResilientAppend } from './resilient-append.js';
import { resilientSubscription } from './resilient-subscription.js';
import { shareClient, type SharedClient } from './shared-client.js';
import { LOG_IDENTITY_STREAM } from './stored-event.js';
import { within } from './waiting.js';

/** All times in milliseconds. */
export interface EventStoreDbOptions {
  /** `esdb://` or `esdb+discover://`, with user and password where the server asks for them. */
  readonly connectionString: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Longest wait for the answer to one append; default 12 s, above the client's own 10 s. */
  readonly appendTimeoutMs?: number;
  /** Longest time for one page of a read; default 10 s. */
  readonly readTimeoutMs?: number;
  /** How long what failed is tried again before it becomes EventStoreUnavailable; default 10 s. */
  readonly retryForMs?: number;
  /** How long the server may take to say what it supports; default 5 s. */
  readonly featuresTimeoutMs?: number;
  /** A subscription that is silent for this long is compared with the log; default 30 s. */
  readonly livenessMs?: number;
  /** When to find out ourselves that a subscription caught up, if the server does not say so; default 1 s. */
  readonly caughtUpMs?: number;
  /** Events per page of a read; default 1000. */
  readonly pageSize?: number;
  /** Told about each loss of a subscription, which is then made anew; for logs and metrics. */
  readonly onTrouble?: (error: unknown) => void;
}

/**
 * The log in EventStoreDB (22.6 or newer, tested for 23.10's behaviour), over one client per
 * process. Positions are commit positions, so they have holes, and only positions that the server
 * gave out may be read from. `recordedAt` is the server's `created`, made non-decreasing along
 * each read. An event's custom metadata is our metadata with its `schemaVersion`. Only our own
 * events come out: not the server's (`$...`), not those of other programs, not the log's identity.
 *
 * The log's id is the id of the only event in the stream `log-identity`, which the first process
 * that asks writes with the expectation that the stream does not exist: whoever loses that race
 * reads the winner's.
 *
 * Ids of events are compared only within a stream, and a repeated append with `any` or
 * `stream_exists` is recognised only while the server remembers the ids.
 *
 * This was verified with the stand-in of test/support, made from the client's own service
 * definitions and the server's source; the real server has not been seen. The contract tests run
 * against one where EVENTSTOREDB_URL is set.
 */
export class EventStoreDbEventStore implements EventStore {
  readonly densePositions = false;
  private readonly shared: SharedClient;
  private readonly reader: LogReader;
  private readonly appender: ResilientAppend;
  private readonly appendTimeoutMs: number;
  private readonly underWay = new Set<Promise<unknown>>();
  /** Ends subscriptions and refuses new calls, while appends under way may still finish. */
  private readonly stopping = new AbortController();
  private readonly closed = new AbortController();
  private identity: Promise<string> | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: EventStoreDbOptions) {
    const { clock, random, retryForMs = 10_000 } = options;
    this.appendTimeoutMs = options.appendTimeoutMs ?? 12_000;
    this.shared = shareClient(options.connectionString, clock, options.featuresTimeoutMs ?? 5_000);
    const { guarded } = this.shared;
    const closed = this.closed.signal;
    // Every waiting append, read and subscription listens to one of them.
    setMaxListeners(0, closed, this.stopping.signal);
    this.reader = new LogReader({
      client: guarded.client,
      clock,
      random,
      retryForMs,
      closed,
      readTimeoutMs: options.readTimeoutMs ?? 10_000,
      pageSize: options.pageSize ?? 1_000,
    });
    this.appender = new ResilientAppend({ guarded, reader: this.reader, clock, random, retryForMs, closed, appendTimeoutMs: this.appendTimeoutMs });
  }

  logId(): Promise<string> {
    this.identity ??= this.identify().catch((error: unknown) => {
      this.identity = undefined;
      throw error;
    });
    return this.identity;
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    checkExpectedRevision(expected);
    if (stream === LOG_IDENTITY_STREAM) throw new InvalidEvent(`the stream ${stream} holds the log's identity and takes no events`);
    return this.write(stream, expected, events);
  }

  async readStream(stream: string, options: ReadStreamOptions = {}): Promise<StoredEvent[]> {
    this.assertOpen();
    return this.reader.readStream(stream, options);
  }

  async readAll(options: ReadAllOptions): Promise<StoredEvent[]> {
    this.assertOpen();
    return this.reader.readAll(options);
  }

  subscribeToAll(options: SubscribeOptions): AsyncIterable<SubscriptionMessage> {
    this.assertOpen();
    return resilientSubscription(
      {
        client: this.shared.guarded.client,
        reader: this.reader,
        clock: this.options.clock,
        random: this.options.random,
        livenessMs: this.options.livenessMs ?? 30_000,
        caughtUpMs: this.options.caughtUpMs ?? 1_000,
        onTrouble: this.options.onTrouble ?? (() => undefined),
      },
      { ...options, signal: AbortSignal.any([options.signal, this.stopping.signal]) },
    );
  }

  async head(): Promise<bigint> {
    this.assertOpen();
    return this.reader.head();
  }

  /** Ends the subscriptions, waits for the appends under way (no longer than one may take), and closes the client after its last user. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    this.stopping.abort();
    try {
      await within(this.options.clock, this.appendTimeoutMs, 'closing', Promise.allSettled(this.underWay));
    } catch (error) {
      // Those that are still without an answer end as "unavailable" when the client goes.
      if (!(error instanceof NoAnswer)) throw error;
    }
    this.closed.abort();
    await this.shared.release();
  }

  private async write(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    this.assertOpen();
    const prepared = prepareEvents(stream, events);
    if (prepared.length === 0) return this.checkOnly(stream, expected);
    const append = this.appender.append(stream, expected, prepared);
    this.underWay.add(append);
    try {
      return await append;
    } finally {
      this.underWay.delete(append);
    }
  }

  /** An empty append is never sent, because the client misreports its answer. */
  private async checkOnly(stream: string, expected: ExpectedRevision): Promise<AppendResult> {
    const [last] = await this.reader.readStream(stream, { direction: 'backwards', maxCount: 1 });
    const actual = last?.revision ?? 'no_stream';
    const right = expected === 'any' || (expected === 'stream_exists' ? last !== undefined : expected === actual);
    if (!right) throw new WrongExpectedRevision(stream, expected, actual);
    return { revision: last?.revision ?? -1n, position: last?.position ?? 0n };
  }

  private async identify(): Promise<string> {
    const found = await this.readIdentity();
    if (found !== undefined) return found;
    try {
      await this.write(LOG_IDENTITY_STREAM, 'no_stream', [this.newIdentity()]);
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
    }
    const written = await this.readIdentity();
    if (written === undefined) throw new EventStoreUnavailable(`the log's identity was written but cannot be read from ${LOG_IDENTITY_STREAM}`);
    return written;
  }

  private async readIdentity(): Promise<string | undefined> {
    this.assertOpen();
    const [record] = await this.reader.streamPage(LOG_IDENTITY_STREAM, 0n, 1, false);
    return record?.id;
  }

  private newIdentity(): NewEvent {
    const id = this.options.random.uuid();
    return {
      id,
      type: 'LogIdentified',
      schemaVersion: 1,
      data: {},
      metadata: {
        tenantId: 'none',
        occurredAt: isoTime(this.options.clock.now()),
        commandId: id,
        $correlationId: id,
        $causationId: id,
        actor: { kind: 'system', id: 'event-store' },
      },
    };
  }

  private assertOpen(): void {
    if (this.stopping.signal.aborted) throw new EventStoreUnavailable('the event store is closed');
  }
}
