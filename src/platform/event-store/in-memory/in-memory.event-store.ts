import { randomUUID } from 'node:crypto';
import { isoTime, type Clock } from '../../../kernel/clock.js';
import { passes } from '../event-filter.js';
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
  type StreamAppend,
  type SubscribeOptions,
  type SubscriptionMessage,
} from '../event-store.port.js';
import { followLog, type LogPage } from '../follow-log.js';
import { LogEnd } from '../log-end.js';
import { checkExpectedRevision, prepareEvents, prepareTogether, type PreparedEvent } from '../prepare-events.js';

const PAGE = 1000;

const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) frozen(item);
  }
  return value;
};

/**
 * The whole log in the memory of one process, for unit tests and the simulation. Deterministic:
 * the order of the calls is the order of the log, and time comes from the clock. Events are kept
 * as JSON would carry them and frozen, so that a reader which changes one is found out.
 */
export class InMemoryEventStore implements EventStore {
  readonly densePositions = true;
  private readonly clock: Clock;
  private readonly id: string;
  private readonly log: StoredEvent[] = [];
  private readonly streams = new Map<string, StoredEvent[]>();
  private readonly byId = new Map<string, StoredEvent>();
  private readonly end = new LogEnd();
  private readonly closing = new AbortController();
  private lastRecordedAt = 0;

  /** `logId` is random unless given; a simulation that must repeat exactly gives one. */
  constructor(options: { readonly clock: Clock; readonly logId?: string }) {
    this.clock = options.clock;
    this.id = options.logId ?? randomUUID();
  }

  async logId(): Promise<string> {
    this.assertOpen();
    return this.id;
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    this.assertOpen();
    checkExpectedRevision(expected);
    const prepared = prepareEvents(stream, events);
    const present = this.streams.get(stream) ?? [];
    if (prepared.length === 0) return this.checkOnly(stream, expected, present);
    return this.repeated(stream, expected, present, prepared) ?? this.write(stream, present, prepared);
  }

  async appendTogether(appends: readonly StreamAppend[]): Promise<readonly AppendResult[]> {
    this.assertOpen();
    const prepared = prepareTogether(appends);
    // How long each stream would be once the appends before are made.
    const lengths = new Map<string, number>();
    const repeats = prepared.map(({ stream, expected, events }) => {
      const present = this.streams.get(stream) ?? [];
      const length = lengths.get(stream) ?? present.length;
      const next = expected === 'no_stream' ? 0 : typeof expected === 'bigint' ? Number(expected) + 1 : undefined;
      const follows = length > present.length && (next === undefined || next === length);
      if (length > present.length && next === present.length) throw new WrongExpectedRevision(stream, expected, BigInt(length - 1));
      const repeat = follows ? undefined : this.repeated(stream, expected, present, events);
      if (repeat === undefined) lengths.set(stream, length + events.length);
      return repeat;
    });
    const known = repeats.filter((repeat) => repeat !== undefined);
    if (known.length === prepared.length) return known;
    const first = prepared[0];
    if (known.length > 0 && first !== undefined) throw this.wrong(first.stream, first.expected, this.streams.get(first.stream) ?? []);
    for (const { stream, events } of prepared) this.assertUnused(stream, events);
    return prepared.map(({ stream, events }) => this.write(stream, this.streams.get(stream) ?? [], events));
  }

  async readStream(stream: string, options: ReadStreamOptions = {}): Promise<StoredEvent[]> {
    this.assertOpen();
    const events = this.streams.get(stream) ?? [];
    const count = options.maxCount ?? events.length;
    if (options.direction !== 'backwards') {
      const from = Number(options.from ?? 0n);
      return events.slice(from, from + count);
    }
    const end = Math.min(events.length, Number(options.from ?? BigInt(events.length)) + 1);
    return events.slice(Math.max(0, end - count), end).reverse();
  }

  async readAll(options: ReadAllOptions): Promise<StoredEvent[]> {
    this.assertOpen();
    const end = Math.min(this.log.length, Number(options.upTo ?? BigInt(this.log.length)));
    const found: StoredEvent[] = [];
    for (let i = Number(options.after ?? 0n); i < end && found.length < options.maxCount; i++) {
      const event = this.log[i];
      if (event !== undefined && passes(options.filter, event)) found.push(event);
    }
    return found;
  }

  subscribeToAll(options: SubscribeOptions): AsyncIterable<SubscriptionMessage> {
    this.assertOpen();
    const signal = AbortSignal.any([options.signal, this.closing.signal]);
    return followLog({
      after: options.after,
      signal,
      seen: options.seen,
      read: async (after) => this.page(after, options),
      more: (position) => this.end.reachesBeyond(position, signal),
    });
  }

  async head(): Promise<bigint> {
    this.assertOpen();
    return BigInt(this.log.length);
  }

  async close(): Promise<void> {
    this.closing.abort();
  }

  private page(after: bigint, { filter }: SubscribeOptions): LogPage {
    const scanned = this.log.slice(Number(after), Number(after) + PAGE);
    const scannedTo = after + BigInt(scanned.length);
    return {
      events: scanned.filter((event) => passes(filter, event)),
      scannedTo,
      atEnd: scannedTo >= BigInt(this.log.length),
    };
  }

  private checkOnly(stream: string, expected: ExpectedRevision, present: readonly StoredEvent[]): AppendResult {
    const last = present.at(-1);
    const right =
      expected === 'any' ||
      (expected === 'no_stream' ? last === undefined : last !== undefined && (expected === 'stream_exists' || expected === last.revision));
    if (!right) throw this.wrong(stream, expected, present);
    return { revision: last?.revision ?? -1n, position: last?.position ?? 0n };
  }

  /** The result of the append if it was made before, undefined if it is to be written; throws if neither. */
  private repeated(
    stream: string,
    expected: ExpectedRevision,
    present: readonly StoredEvent[],
    prepared: readonly PreparedEvent[],
  ): AppendResult | undefined {
    const known = prepared.map(({ event }) => this.byId.get(event.id)).filter((event) => event?.stream === stream);
    if (expected === 'any' || expected === 'stream_exists') {
      if (expected === 'stream_exists' && present.length === 0) throw this.wrong(stream, expected, present);
      if (known.length === 0) return undefined;
      const last = known.at(-1);
      if (last === undefined || known.length < prepared.length) throw this.wrong(stream, expected, present);
      return { revision: last.revision, position: last.position };
    }
    const next = expected === 'no_stream' ? 0 : Number(expected) + 1;
    if (next === present.length) return undefined;
    const there = present.slice(next, next + prepared.length);
    const last = there.at(-1);
    if (last === undefined || !prepared.every(({ event }, i) => there[i]?.id === event.id)) {
      throw this.wrong(stream, expected, present);
    }
    return { revision: last.revision, position: last.position };
  }

  private assertUnused(stream: string, prepared: readonly PreparedEvent[]): void {
    for (const { event } of prepared) {
      const other = this.byId.get(event.id);
      if (other !== undefined) throw new InvalidEvent(`event id ${event.id} for ${stream} is already used by ${other.type} in ${other.stream}`);
    }
  }

  private write(stream: string, present: StoredEvent[], prepared: readonly PreparedEvent[]): AppendResult {
    this.assertUnused(stream, prepared);
    this.lastRecordedAt = Math.max(this.lastRecordedAt, this.clock.now());
    const recordedAt = isoTime(this.lastRecordedAt);
    const firstPosition = BigInt(this.log.length + 1);
    for (const { event, dataText, metadataText } of prepared) {
      const stored: StoredEvent = frozen({
        id: event.id,
        type: event.type,
        schemaVersion: event.schemaVersion,
        data: JSON.parse(dataText) as StoredEvent['data'],
        metadata: JSON.parse(metadataText) as StoredEvent['metadata'],
        stream,
        revision: BigInt(present.length),
        position: BigInt(this.log.length + 1),
        recordedAt,
      });
      this.log.push(stored);
      present.push(stored);
      this.byId.set(stored.id, stored);
    }
    this.streams.set(stream, present);
    this.end.announce(BigInt(this.log.length));
    return {
      revision: BigInt(present.length - 1),
      position: BigInt(this.log.length),
      written: { firstPosition, recordedAt },
    };
  }

  private wrong(stream: string, expected: ExpectedRevision, present: readonly StoredEvent[]): WrongExpectedRevision {
    return new WrongExpectedRevision(stream, expected, present.at(-1)?.revision ?? 'no_stream');
  }

  private assertOpen(): void {
    if (this.closing.signal.aborted) throw new EventStoreUnavailable('the event store is closed');
  }
}
