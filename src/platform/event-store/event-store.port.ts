import type { EventMetadata, Json } from '../../kernel/event.js';
import type { DistributionFigures } from '../observability/distribution.js';
import type { PoolFigures } from '../postgres/pool-figures.js';

/**
 * What the stream is expected to look like before an append: its last revision (the first event
 * has 0n), that it does not exist, that it exists, or nothing at all. Only the first two make a
 * repeated append exactly idempotent for ever.
 */
export type ExpectedRevision = bigint | 'no_stream' | 'stream_exists' | 'any';

/** An event on its way in. `id` is a UUID that is the same for every attempt to write this event. */
export interface NewEvent {
  readonly id: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: Json;
  readonly metadata: EventMetadata;
}

/** An event as the log holds it: personal fields still encrypted, its schema as it was written. */
export interface StoredEvent extends NewEvent {
  readonly stream: string;
  readonly revision: bigint;
  /** Place in the whole log; grows with every event. Starts at 1n or above: 0n means "before the first". */
  readonly position: bigint;
  /** ISO 8601 UTC; never decreases along the log. */
  readonly recordedAt: string;
}

/**
 * Revision and position of the append's last event. `recordedAt` and `firstPosition` let the writer
 * build the StoredEvents without reading them back; they are absent where the store does not tell
 * (EventStoreDB), or where the append repeated one that was already there.
 */
export interface AppendResult {
  readonly revision: bigint;
  readonly position: bigint;
  readonly written?: { readonly firstPosition: bigint; readonly recordedAt: string };
}

/** One of several appends that are made together. */
export interface StreamAppend {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  /** At least one. */
  readonly events: readonly NewEvent[];
}

/** Any of the given prefixes / types; both given: both must hold. */
export interface EventFilter {
  readonly streamPrefixes?: readonly string[];
  readonly types?: readonly string[];
}

export interface ReadStreamOptions {
  /** First revision to return; default 0n (forwards) or the last (backwards). */
  readonly from?: bigint;
  readonly maxCount?: number;
  readonly direction?: 'forwards' | 'backwards';
}

export interface ReadAllOptions {
  /** Only events after this position; default 0n, the beginning. */
  readonly after?: bigint;
  /** Only events up to and including this position. */
  readonly upTo?: bigint;
  readonly maxCount: number;
  readonly filter?: EventFilter;
}

/**
 * `events`: in log order, never empty, nothing between them left out but what the filter hides.
 * `checkpoint`: all before this position is delivered or filtered out, so it is safe to resume after it.
 * `caughtUp`: the log's end was reached; it may come more than once.
 */
export type SubscriptionMessage =
  | { readonly kind: 'events'; readonly events: readonly StoredEvent[] }
  | { readonly kind: 'checkpoint'; readonly position: bigint }
  | { readonly kind: 'caughtUp' };

export interface SubscribeOptions {
  /** Deliver only what comes after this position; 0n from the beginning. */
  readonly after: bigint;
  readonly filter?: EventFilter;
  /** Ends the subscription; the iteration then finishes without an error. */
  readonly signal: AbortSignal;
  /**
   * Position up to which the subscriber has everything by another way (it wrote it itself). The store
   * may leave out what lies before, so that nothing is read back that is known.
   */
  readonly seen?: () => bigint;
}

/**
 * An append-only log of streams. Semantics are EventStoreDB's.
 *
 * - An append is one stream, all or nothing, contiguous, and readable as soon as it returns.
 * - Expected revision behind the stream's end: if the events after it are the very same ids, the
 *   append succeeds and returns the original revision; else WrongExpectedRevision with the actual one.
 * - `any` and `stream_exists`: ids that are all known in the stream succeed as a repeat.
 * - An empty append only checks the expected revision and returns the stream's state.
 * - One append may not exceed 1 MiB of data, metadata and types (AppendTooLarge).
 * - A transport failure is retried inside with the same ids and revision; what comes out as
 *   EventStoreUnavailable has an unknown outcome, and the same append may be sent again.
 */
export interface EventStore {
  /** True where positions have no holes: position n + 1 directly follows n. */
  readonly densePositions: boolean;
  /** Identifies this log; checkpoints carry it. */
  logId(): Promise<string>;
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult>;
  /**
   * All of the appends in the order given, with nothing between them, or none of them. A stream may come
   * several times, each append expecting what the one before leaves. What was made before is repeated as
   * a whole; where only a part of it was, WrongExpectedRevision is thrown. Absent where a store writes
   * one stream at a time.
   */
  appendTogether?(appends: readonly StreamAppend[]): Promise<readonly AppendResult[]>;
  /** A stream that does not exist reads as empty. */
  readStream(stream: string, options?: ReadStreamOptions): Promise<StoredEvent[]>;
  /** In log order. Fewer than `maxCount` events means that the end was reached. */
  readAll(options: ReadAllOptions): Promise<StoredEvent[]>;
  /** Catches up and then follows; reconnects by itself. Every event once, in order. */
  subscribeToAll(options: SubscribeOptions): AsyncIterable<SubscriptionMessage>;
  /** Position of the newest event, 0n in an empty log. */
  head(): Promise<bigint>;
  /** What goes on inside, for metrics; a store in which nothing waits has none. */
  figures?(): StoreFigures | undefined;
  close(): Promise<void>;
}

export interface StoreFigures {
  /** Appends without an answer, and when the oldest came, ms of the clock. */
  readonly waitingAppends: number;
  readonly oldestAppendAt: number | undefined;
  /** Appends that were written together. */
  readonly groupSizes: DistributionFigures;
  /** Connections by what they are for. */
  readonly pools: Readonly<Record<string, PoolFigures>>;
}

export const EVENT_STORE = Symbol('EventStore');

export const MAX_APPEND_BYTES = 1024 * 1024;

/** The stream is not where the writer thought. `actual` is 'no_stream' or its last revision. */
export class WrongExpectedRevision extends Error {
  override readonly name = 'WrongExpectedRevision';
  constructor(
    readonly stream: string,
    readonly expected: ExpectedRevision,
    readonly actual: bigint | 'no_stream',
  ) {
    super(`stream ${stream} is at ${actual}, expected ${expected}`);
  }
}

/** The store did not answer in time or is away; whether the append happened is unknown. */
export class EventStoreUnavailable extends Error {
  override readonly name = 'EventStoreUnavailable';
}

/** The append is larger than MAX_APPEND_BYTES and was not tried. */
export class AppendTooLarge extends Error {
  override readonly name = 'AppendTooLarge';
  constructor(readonly stream: string, readonly bytes: number) {
    super(`append of ${bytes} bytes to ${stream} exceeds ${MAX_APPEND_BYTES}`);
  }
}

/** The event cannot be written as JSON without loss, or its id is no UUID. Nothing was tried. */
export class InvalidEvent extends Error {
  override readonly name = 'InvalidEvent';
}

/** The stream was deleted for good (tombstoned). */
export class StreamDeleted extends Error {
  override readonly name = 'StreamDeleted';
  constructor(readonly stream: string) {
    super(`stream ${stream} was deleted`);
  }
}
