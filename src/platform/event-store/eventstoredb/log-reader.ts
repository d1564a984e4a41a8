import type { EventStoreDBClient, ResolvedEvent, StreamingRead } from '@eventstore/db-client';
import type { Clock, Random } from '../../../kernel/clock.js';
import { passes } from '../event-filter.js';
import { EventStoreUnavailable, StreamDeleted, type ReadAllOptions, type ReadStreamOptions, type StoredEvent } from '../event-store.port.js';
import { finalError, ForeignEvent, kindOf, NoAnswer, unavailable } from './errors.js';
import { PulledStream } from './pulled-stream.js';
import { LOG_IDENTITY_STREAM, RecordedAt, toLogRecord, type LogRecord } from './stored-event.js';
import { Backoff, pause } from './waiting.js';

export interface ReaderOptions {
  readonly client: EventStoreDBClient;
  readonly clock: Clock;
  readonly random: Random;
  /** Longest time for one page, in milliseconds. */
  readonly readTimeoutMs: number;
  /** How long failed reads are tried again, in milliseconds. */
  readonly retryForMs: number;
  readonly pageSize: number;
  /** Aborts when the store is closed; a read that this cuts short must not look complete. */
  readonly closed: AbortSignal;
}

/** Looks at one record; false ends the read. */
type Visit = (record: LogRecord) => boolean;
type Page = { readonly seen: number; readonly left: boolean };

const positionAt = (commit: bigint): 'start' | { commit: bigint; prepare: bigint } => (commit === 0n ? 'start' : { commit, prepare: commit });

/**
 * Reads in pages, each with its own time limit and retried where that helps, and always cancels
 * the call. A stream that does not exist reads as empty. The client cannot filter a read of the
 * whole log, so that is done here.
 */
export class LogReader {
  constructor(private readonly options: ReaderOptions) {}

  /** The stream's events; the log's own identity is not shown. Throws StreamDeleted, ForeignEvent, EventStoreUnavailable. */
  async readStream(stream: string, options: ReadStreamOptions = {}): Promise<StoredEvent[]> {
    if (stream === LOG_IDENTITY_STREAM) return [];
    const backwards = options.direction === 'backwards';
    const limit = options.maxCount ?? Number.MAX_SAFE_INTEGER;
    const records: LogRecord[] = [];
    let next: bigint | undefined = options.from ?? (backwards ? undefined : 0n);
    while (records.length < limit && (next === undefined || next >= 0n)) {
      const size = Math.min(this.options.pageSize, limit - records.length);
      const page = await this.streamPage(stream, next, size, backwards);
      for (const record of page) {
        if (record.ours === undefined) throw new ForeignEvent(`stream ${stream} holds a ${record.type} at ${record.position} that Trunkline did not write`);
        next = record.ours.revision + (backwards ? -1n : 1n);
        records.push(record);
      }
      if (page.length < size) break;
    }
    if (backwards) records.reverse();
    const events = stamped(records);
    return backwards ? events.reverse() : events;
  }

  /** In log order, only our own events. Throws EventStoreUnavailable. */
  async readAll(options: ReadAllOptions): Promise<StoredEvent[]> {
    const found: StoredEvent[] = [];
    const recordedAt = new RecordedAt();
    let reached = options.after ?? 0n;
    const visit: Visit = (record) => {
      if (record.position <= reached) {
        recordedAt.see(record);
        return true;
      }
      if (options.upTo !== undefined && record.position > options.upTo) return false;
      reached = record.position;
      const { ours } = record;
      if (ours !== undefined && passes(options.filter, ours)) found.push(recordedAt.stamp(record, ours));
      else recordedAt.see(record);
      return found.length < options.maxCount;
    };
    if (options.maxCount <= 0) return found;
    for (;;) {
      // One more than is missing, because a read from a position begins with the event at it.
      const missing = Math.max(SMALL_PAGE, options.maxCount - found.length + 1);
      const size = options.filter === undefined ? Math.min(this.options.pageSize, missing) : this.options.pageSize;
      const page = await this.page('reading the log', visit, () =>
        this.options.client.readAll({ ...common, direction: 'forwards', fromPosition: positionAt(reached), maxCount: size }),
      );
      if (page.left || page.seen < size) return found;
    }
  }

  /** Position of our newest event, 0n if there is none. */
  async head(): Promise<bigint> {
    let before: bigint | undefined;
    let head = 0n;
    const visit: Visit = (record) => {
      before = record.position;
      if (record.ours === undefined) return true;
      head = record.position;
      return false;
    };
    for (let size = SMALL_PAGE; ; size = Math.min(this.options.pageSize, size * 4)) {
      const page = await this.page('reading the end of the log', visit, () =>
        this.options.client.readAll({ ...common, direction: 'backwards', fromPosition: before === undefined ? 'end' : positionAt(before), maxCount: size }),
      );
      if (page.left || page.seen < size) return head;
    }
  }

  /** Up to `size` records of a stream, whoever wrote them. */
  async streamPage(stream: string, from: bigint | undefined, size: number, backwards: boolean): Promise<LogRecord[]> {
    const records: LogRecord[] = [];
    const begin = (): StreamingRead<ResolvedEvent> => {
      records.length = 0;
      return this.options.client.readStream(stream, {
        ...common,
        direction: backwards ? 'backwards' : 'forwards',
        fromRevision: from ?? 'end',
        maxCount: size,
      });
    };
    try {
      await this.page(`reading ${stream}`, (record) => records.push(record) < size, begin);
    } catch (error) {
      if (kindOf(error) === 'stream-not-found') return [];
      if (kindOf(error) === 'stream-deleted') throw new StreamDeleted(stream);
      throw error;
    }
    return records;
  }

  /** One page, again and again until it worked, was refused, or the time for retries is over. */
  private async page(what: string, visit: Visit, open: () => StreamingRead<ResolvedEvent>): Promise<Page> {
    const { clock, random, retryForMs } = this.options;
    const giveUpAt = clock.now() + retryForMs;
    const backoff = new Backoff(random);
    for (let attempt = 1; ; attempt++) {
      this.assertOpen();
      try {
        return await this.readPage(what, visit, open());
      } catch (error) {
        this.assertOpen();
        if (kindOf(error) !== 'transient') throw finalError(error);
        const wait = backoff.next();
        if (clock.now() + wait > giveUpAt) throw unavailable(what, attempt, error);
        await pause(clock, wait, this.options.closed);
      }
    }
  }

  private async readPage(what: string, visit: Visit, read: StreamingRead<ResolvedEvent>): Promise<Page> {
    const { clock, readTimeoutMs } = this.options;
    const pulled = new PulledStream<ResolvedEvent>(read, () => read.cancel());
    const giveUpAt = clock.now() + readTimeoutMs;
    let seen = 0;
    try {
      for (;;) {
        const items = pulled.take(this.options.pageSize);
        for (const item of items) {
          seen++;
          const record = toLogRecord(item);
          if (record !== undefined && !visit(record)) return { seen, left: true };
        }
        if (items.length > 0) continue;
        this.assertOpen();
        if (pulled.ended) return { seen, left: false };
        const ms = giveUpAt - clock.now();
        if (ms <= 0) throw new NoAnswer(`${what}: not done within ${readTimeoutMs} ms`);
        await pulled.more(clock, ms, this.options.closed);
      }
    } finally {
      pulled.cancel();
    }
  }

  private assertOpen(): void {
    if (this.options.closed.aborted) throw new EventStoreUnavailable('the event store is closed');
  }
}

/** The server reads this many at once anyway. */
const SMALL_PAGE = 32;
const common = { resolveLinkTos: false, requiresLeader: true } as const;

const stamped = (records: readonly LogRecord[]): StoredEvent[] => {
  const recordedAt = new RecordedAt();
  return records.flatMap((record) => (record.ours === undefined ? [] : [recordedAt.stamp(record, record.ours)]));
};
