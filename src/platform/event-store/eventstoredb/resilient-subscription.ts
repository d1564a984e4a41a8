import {
  eventTypeFilter,
  excludeSystemEvents,
  streamNameFilter,
  type AllStreamSubscription,
  type EventStoreDBClient,
  type Filter,
  type Position,
  type ResolvedEvent,
} from '@eventstore/db-client';
import type { Clock, Random } from '../../../kernel/clock.js';
import { passes } from '../event-filter.js';
import type { EventFilter, StoredEvent, SubscribeOptions, SubscriptionMessage } from '../event-store.port.js';
import { CallEnded, finalError, kindOf, NoAnswer } from './errors.js';
import type { LogReader } from './log-reader.js';
import { PulledStream } from './pulled-stream.js';
import { RecordedAt, toLogRecord } from './stored-event.js';
import { Backoff, pause } from './waiting.js';

export interface SubscriptionDependencies {
  readonly client: EventStoreDBClient;
  readonly reader: LogReader;
  readonly clock: Clock;
  readonly random: Random;
  /** A subscription that is silent for this long is checked against the log, in milliseconds. */
  readonly livenessMs: number;
  /** How long to wait for "caught up" before finding out ourselves: servers before 23.10 never say it. */
  readonly caughtUpMs: number;
  /** Called on each loss of the subscription, before it is made anew. */
  readonly onTrouble: (error: unknown) => void;
}

/** What lies in the stream, in order: the server's events and the marks that we put between them. */
type Item = ResolvedEvent | { readonly mark: 'caughtUp' } | { readonly mark: 'checkpoint'; readonly position: bigint };

/** So many items wait in the client at most; a slow handler holds back the server beyond that. */
const BUFFERED = 128;
/** A checkpoint after each 4 windows of 32 events that were looked at. */
const CHECKPOINT_EVERY = 4;
/** So many events prove that a new subscription works. */
const PROOF = 100;

/**
 * Follows the log for ever: whenever the subscription fails, ends or falls silent, it is made anew
 * after the last event that the consumer has taken. Events come once and in order, `checkpoint`s
 * only when all before them has been taken. Ends when the signal aborts; throws only what trying
 * again cannot mend (EventStoreAccessDenied, UnknownPosition).
 */
export async function* resilientSubscription(
  dependencies: SubscriptionDependencies,
  options: SubscribeOptions,
): AsyncGenerator<SubscriptionMessage, void, undefined> {
  const { signal } = options;
  const backoff = new Backoff(dependencies.random);
  const progress = { position: options.after, recordedAt: new RecordedAt() };
  while (!signal.aborted) {
    try {
      yield* oneSubscription(dependencies, options, progress, () => backoff.reset());
    } catch (error) {
      if (signal.aborted) return;
      const kind = kindOf(error);
      if (kind !== 'transient') throw finalError(error);
      dependencies.onTrouble(error);
    }
    if (!signal.aborted) await pause(dependencies.clock, backoff.next(), signal);
  }
}

interface Progress {
  /** Everything up to here was delivered or does not concern this subscription. */
  position: bigint;
  readonly recordedAt: RecordedAt;
}

async function* oneSubscription(
  { client, reader, clock, livenessMs, caughtUpMs }: SubscriptionDependencies,
  { filter, signal }: SubscribeOptions,
  progress: Progress,
  works: () => void,
): AsyncGenerator<SubscriptionMessage, void, undefined> {
  const pulled = open(client, progress.position, filter);
  const startedAt = clock.now();
  let caughtUp = false;
  let headAtStart: bigint | undefined;
  let delivered = 0;
  try {
    for (;;) {
      const items = pulled.take(BUFFERED);
      for (const message of inOrder(items, progress, filter)) {
        if (signal.aborted) return;
        if (message.kind === 'events') delivered += message.events.length;
        if (message.kind === 'caughtUp') caughtUp = true;
        if (caughtUp || delivered >= PROOF) works();
        yield message;
      }
      if (signal.aborted) return;
      if (!caughtUp && clock.now() - startedAt >= caughtUpMs) {
        headAtStart ??= await reader.head();
        if (progress.position >= headAtStart) {
          caughtUp = true;
          works();
          yield { kind: 'caughtUp' };
        }
      }
      if (items.length > 0) continue;
      if (pulled.ended) throw new CallEnded('the server ended the subscription');
      if (await pulled.more(clock, caughtUp ? livenessMs : caughtUpMs, signal)) continue;
      const missed = await reader.readAll({ after: progress.position, maxCount: 1, ...(filter === undefined ? {} : { filter }) });
      if (signal.aborted) return;
      if (missed.length === 0) {
        if (caughtUp) continue;
        caughtUp = true;
        works();
        yield { kind: 'caughtUp' };
      } else if (!(await pulled.more(clock, caughtUpMs, signal))) {
        throw new NoAnswer(`the subscription is silent although the log went on after ${progress.position}`);
      }
    }
  } finally {
    pulled.cancel();
  }
}

/**
 * The client calls back for a checkpoint, and says that it caught up, while the events before it
 * still wait in the stream. Put into the stream at that moment, the marks come out in their place.
 * The callback cannot fail: a rejection would stall the subscription for ever.
 */
const open = (client: EventStoreDBClient, after: bigint, filter: EventFilter | undefined): PulledStream<Item> => {
  const checkpointReached = (subscription: AllStreamSubscription, { commit }: Position): void => {
    subscription.push({ mark: 'checkpoint', position: commit } satisfies Item);
  };
  const subscription = client.subscribeToAll(
    {
      fromPosition: after === 0n ? 'start' : { commit: after, prepare: after },
      resolveLinkTos: false,
      requiresLeader: true,
      filter: serverFilter(filter, checkpointReached),
    },
    { highWaterMark: BUFFERED },
  );
  const pulled = new PulledStream<Item>(subscription, () => subscription.unsubscribe());
  subscription.on('caughtUp', () => void subscription.push({ mark: 'caughtUp' } satisfies Item));
  return pulled;
};

/** The server filters by one thing only and less exactly; the rest is done here. */
const serverFilter = (filter: EventFilter | undefined, checkpointReached: NonNullable<Filter['checkpointReached']>): Filter => {
  const options = { checkpointReached, checkpointInterval: CHECKPOINT_EVERY };
  const { streamPrefixes = [], types = [] } = filter ?? {};
  if (types.length > 0) return eventTypeFilter({ ...options, prefixes: [...types] });
  if (streamPrefixes.length > 0) return streamNameFilter({ ...options, prefixes: [...streamPrefixes] });
  return excludeSystemEvents(options);
};

/** Turns what was taken from the stream into messages and moves the progress on; what comes a second time is dropped. */
function* inOrder(items: readonly Item[], progress: Progress, filter: EventFilter | undefined): Generator<SubscriptionMessage> {
  let events: StoredEvent[] = [];
  let passed = progress.position;
  const flush = function* (): Generator<SubscriptionMessage> {
    const delivered = events.at(-1)?.position ?? progress.position;
    const ready = events;
    events = [];
    progress.position = passed;
    if (ready.length > 0) yield { kind: 'events', events: ready };
    if (passed > delivered) yield { kind: 'checkpoint', position: passed };
  };
  for (const item of items) {
    if ('mark' in item) {
      if (item.mark === 'checkpoint' && item.position > passed) passed = item.position;
      yield* flush();
      if (item.mark === 'caughtUp') yield { kind: 'caughtUp' };
      continue;
    }
    const record = toLogRecord(item);
    if (record === undefined || record.position <= passed) continue;
    passed = record.position;
    const { ours } = record;
    if (ours !== undefined && passes(filter, ours)) events.push(progress.recordedAt.stamp(record, ours));
    else progress.recordedAt.see(record);
  }
  yield* flush();
}
