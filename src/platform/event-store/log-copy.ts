import { createHash } from 'node:crypto';
import type { Json } from '../../kernel/event.js';
import { WrongExpectedRevision, type EventStore, type NewEvent, type StoredEvent } from './event-store.port.js';

export interface CopyOptions {
  /** Events read at a time. Default 1,000. */
  readonly batch?: number;
  /** Go on after this position of the source: an earlier copy's `position`. Default: from the beginning. */
  readonly after?: bigint;
  readonly onProgress?: (progress: { readonly position: bigint; readonly head: bigint; readonly copied: number }) => void;
  readonly signal?: AbortSignal;
}

export interface Copied {
  /** Events that are in the target now, those of an earlier attempt included. */
  readonly copied: number;
  /** Position in the source up to which everything is copied. */
  readonly position: bigint;
}

/** The target holds something else than the source in the same place. Nothing of it was changed. */
export class LogsDiffer extends Error {
  override readonly name = 'LogsDiffer';
}

/** One append may not exceed 1 MiB; this leaves room for types and metadata. */
const MAX_BYTES = 512 * 1024;
const MAX_EVENTS = 200;

const asNew = ({ id, type, schemaVersion, data, metadata }: StoredEvent): NewEvent => ({ id, type, schemaVersion, data, metadata });
const sizeOf = (event: StoredEvent): number => Buffer.byteLength(JSON.stringify(event.data)) + Buffer.byteLength(JSON.stringify(event.metadata)) + 2 * Buffer.byteLength(event.type);

/** Neighbours of one stream, as they follow each other in the log. */
const runsOf = (events: readonly StoredEvent[]): StoredEvent[][] => {
  const runs: StoredEvent[][] = [];
  let bytes = 0;
  for (const event of events) {
    const run = runs.at(-1);
    const size = sizeOf(event);
    if (run === undefined || run[0]?.stream !== event.stream || run.length >= MAX_EVENTS || bytes + size > MAX_BYTES) {
      runs.push([event]);
      bytes = size;
    } else {
      run.push(event);
      bytes += size;
    }
  }
  return runs;
};

const appendRun = async (to: EventStore, run: readonly StoredEvent[]): Promise<void> => {
  const [first] = run;
  if (first === undefined) return;
  const last = run.at(-1) ?? first;
  const expected = first.revision === 0n ? 'no_stream' : first.revision - 1n;
  try {
    const { revision } = await to.append(first.stream, expected, run.map(asNew));
    if (revision !== last.revision) throw new LogsDiffer(`${first.stream} got revision ${revision} where the source has ${last.revision}`);
  } catch (error) {
    if (!(error instanceof WrongExpectedRevision)) throw error;
    // An attempt before this one may have cut the log into other pieces: what is there is left out.
    const there = await to.readStream(first.stream, { from: first.revision, maxCount: run.length });
    if (there.length === 0 || there.some((event, i) => event.id !== run[i]?.id)) {
      throw new LogsDiffer(`${first.stream} is not a copy: the target is at ${error.actual}, the source has ${first.type} ${first.id} as revision ${first.revision}`);
    }
    if (there.length < run.length) await appendRun(to, run.slice(there.length));
  }
};

/**
 * Copies a log into another store: the same events with the same ids in the same streams at the same
 * revisions, in the same order. Personal fields stay encrypted as they are. May be broken off and
 * repeated: what is there already is recognised. The target must hold nothing else.
 *
 * `recordedAt` is the target's own: no store lets it be set, EventStoreDB least of all. When something
 * happened (`occurredAt`) travels with the event. Positions are the target's, too; see positionsInCopy.
 */
export const copyLog = async (from: EventStore, to: EventStore, options: CopyOptions = {}): Promise<Copied> => {
  const batch = options.batch ?? 1_000;
  const head = await from.head();
  let position = options.after ?? 0n;
  let copied = 0;
  for (;;) {
    options.signal?.throwIfAborted();
    const events = await from.readAll({ after: position, upTo: head, maxCount: batch });
    for (const run of runsOf(events)) await appendRun(to, run);
    copied += events.length;
    position = events.at(-1)?.position ?? position;
    options.onProgress?.({ position, head, copied });
    if (events.length < batch) return { copied, position };
  }
};

/**
 * Where positions of the source are in its copy, so that checkpoints can move with the log: all up to
 * the one is all up to the other. A position beyond what was copied is an error (LogsDiffer).
 */
export const positionsInCopy = async (from: EventStore, to: EventStore, positions: readonly bigint[]): Promise<bigint[]> => {
  const last = await lastEventsUpTo(from, positions);
  return Promise.all(
    last.map(async (event) => {
      if (event === undefined) return 0n;
      const [there] = await to.readStream(event.stream, { from: event.revision, maxCount: 1 });
      if (there?.id !== event.id) throw new LogsDiffer(`the copy does not hold ${event.type} ${event.id} of ${event.stream}; copy the log first`);
      return there.position;
    }),
  );
};

/** For each position the event there, or the one before it: with holes, a checkpoint may stand where no event is. */
const lastEventsUpTo = async (store: EventStore, positions: readonly bigint[]): Promise<(StoredEvent | undefined)[]> => {
  if (store.densePositions) {
    return Promise.all(positions.map(async (position) => (position === 0n ? undefined : (await store.readAll({ after: position - 1n, upTo: position, maxCount: 1 }))[0])));
  }
  // A store with holes may refuse to read from where no event begins: it is read from its beginning.
  const last = positions.map((): StoredEvent | undefined => undefined);
  const furthest = positions.reduce((most, position) => (position > most ? position : most), 0n);
  for (let after = 0n; after < furthest; ) {
    const page = await store.readAll({ after, upTo: furthest, maxCount: 1_000 });
    for (const event of page) for (const [i, position] of positions.entries()) if (event.position <= position) last[i] = event;
    if (page.length < 1_000) break;
    after = page.at(-1)?.position ?? furthest;
  }
  return last;
};

/** Field order is not part of an event's meaning, and some stores change it. */
const canonical = (value: Json | undefined): string => {
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonical(item)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const fields = value as Readonly<Record<string, Json | undefined>>;
  const keys = Object.keys(fields).filter((key) => fields[key] !== undefined).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(fields[key])}`).join(',')}}`;
};

export interface LogHash {
  readonly events: number;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
}

/**
 * Fingerprint of a log: stream, revision, id, type, schema version, data and metadata of each event in
 * order, without positions and recordedAt. Equal for a log and its copy.
 */
export const hashLog = async (store: EventStore, options: { readonly batch?: number; readonly upTo?: bigint } = {}): Promise<LogHash> => {
  const batch = options.batch ?? 1_000;
  const upTo = options.upTo ?? (await store.head());
  const hash = createHash('sha256');
  let events = 0;
  for (let after = 0n; ; ) {
    const page = await store.readAll({ after, upTo, maxCount: batch });
    for (const { stream, revision, id, type, schemaVersion, data, metadata } of page) {
      hash.update(canonical([stream, revision.toString(), id, type, schemaVersion, data, metadata as unknown as Json])).update('\n');
    }
    events += page.length;
    after = page.at(-1)?.position ?? after;
    if (page.length < batch) return { events, hash: hash.digest('hex') };
  }
};
