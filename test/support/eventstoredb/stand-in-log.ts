import { EventEmitter } from 'node:events';

/** An event as the stand-in keeps it. `position` is commit and prepare position; `createdTicks` is in 100 ns since 1970. */
export interface LogEntry {
  readonly id: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly customMetadata: Uint8Array;
  readonly position: bigint;
  readonly createdTicks: bigint;
}

export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly customMetadata: Uint8Array;
}

export type Expected = bigint | 'no_stream' | 'stream_exists' | 'any';

export type WriteResult =
  | { readonly kind: 'written' | 'repeated'; readonly revision: bigint; readonly position: bigint }
  | { readonly kind: 'nothing'; readonly revision: bigint | undefined }
  | { readonly kind: 'wrong'; readonly current: bigint | undefined }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'too-large' };

const MAX_APPEND_SIZE = 1024 * 1024;
const DELETED_FOR_GOOD = 2n ** 63n - 1n;
/** Truncate-before of a soft-deleted stream; as JSON it is beyond 2^53, so it is compared as text. */
const SOFT_DELETED = '9223372036854775807';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NIL = '00000000-0000-0000-0000-000000000000';
const TICKS_PER_MS = 10_000n;

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
export const metaStreamOf = (stream: string): string => `$$${stream}`;

/**
 * The rules of EventStoreDB's writer (CheckCommit of 23.10.8) over a log in memory: expected
 * revisions, idempotent repeats by ids, soft deletes that are undone by a write, tombstones,
 * `$$` streams, positions with holes, and events of the server's own from the start.
 */
export class StandInLog {
  readonly entries: LogEntry[] = [];
  /** Emits 'grown' after each write. */
  readonly changes = new EventEmitter().setMaxListeners(0);
  /** Added to the clock when an event is created, in milliseconds; set it back to see time go backwards. */
  clockOffsetMs = 0;
  /** 23.10 counts only an event's data against the limit, 24.10 and later all of it. */
  countsWholeEvents = false;
  private readonly streams = new Map<string, LogEntry[]>();
  private readonly tombstoned = new Set<string>();
  private readonly byPosition = new Map<bigint, number>();
  private recentIds = new Map<string, Map<string, bigint>>();
  private serial = 0;

  constructor(private nextPosition = 0n) {
    this.system('$epoch-information', '$epoch-information', { epochNumber: 0 });
    this.system('$$$users', '$metadata', { $maxCount: 1 });
    this.system('$user-admin', '$UserCreated', { login: 'admin' });
    this.statistics();
  }

  /** What a restart or a new leader loses. */
  forgetRecentIds(): void {
    this.recentIds = new Map();
  }

  /** The server writes something about itself. */
  statistics(): void {
    this.system('$stats-127.0.0.1:2113', '$statsCollected', { proc: this.serial });
  }

  /** An event of another program's, or of an older time, straight into the log. */
  foreign(stream: string, type: string, body: unknown, contentType = 'application/json'): LogEntry {
    return this.push(stream, { id: this.ownId(), type, contentType, data: text(JSON.stringify(body)), customMetadata: new Uint8Array() });
  }

  write(stream: string, expected: Expected, events: readonly ProposedEvent[]): WriteResult {
    if (events.reduce((sum, event) => sum + this.sizeOf(event), 0) > MAX_APPEND_SIZE) return { kind: 'too-large' };
    const verdict = this.check(stream, expected, events);
    if (verdict !== 'write') return verdict;
    const last = this.lastRevision(stream);
    if (events.length === 0) return { kind: 'nothing', revision: last };
    if (this.isSoftDeleted(stream)) this.setMetadata(stream, { $tb: Number((last ?? -1n) + 1n) });
    let written: LogEntry | undefined;
    for (const event of events) written = this.push(stream, event);
    if (written === undefined) throw new Error('an append without events was to be written');
    if (this.entries.length % 10 === 0) this.statistics();
    this.changes.emit('grown');
    return { kind: 'written', revision: written.revision, position: written.position };
  }

  /** Soft delete: hides what is there; a later write shows itself, numbered on. */
  delete(stream: string, expected: Expected): WriteResult {
    const refused = this.checkDelete(stream, expected);
    if (refused !== undefined) return refused;
    if (this.lastRevision(stream) === undefined) return { kind: 'wrong', current: undefined };
    const entry = this.push(metaStreamOf(stream), this.metadataEvent(`{"$tb":${SOFT_DELETED}}`));
    this.changes.emit('grown');
    return { kind: 'written', revision: entry.revision, position: entry.position };
  }

  /** Deletes for good. */
  tombstone(stream: string, expected: Expected): WriteResult {
    const refused = this.checkDelete(stream, expected);
    if (refused !== undefined) return refused;
    this.tombstoned.add(stream);
    const entry = this.push(stream, { ...this.metadataEvent('{}'), type: '$streamDeleted' }, DELETED_FOR_GOOD);
    this.changes.emit('grown');
    return { kind: 'written', revision: entry.revision, position: entry.position };
  }

  isTombstoned(stream: string): boolean {
    return this.tombstoned.has(stream);
  }

  /** The events that a read of the stream shows, or undefined where it answers "not found". */
  visible(stream: string): readonly LogEntry[] | undefined {
    const all = this.streams.get(stream);
    if (all === undefined || this.isSoftDeleted(stream)) return undefined;
    const { $tb, $maxCount, $maxAge } = this.metadata(stream);
    const from = Math.max(Number($tb ?? 0), $maxCount === undefined ? 0 : all.length - Number($maxCount));
    const oldest = $maxAge === undefined ? 0n : this.nowTicks() - BigInt(Number($maxAge) * 1000) * TICKS_PER_MS;
    return all.filter(({ revision, createdTicks }) => revision >= BigInt(from) && createdTicks >= oldest);
  }

  eventAt(stream: string, revision: bigint): LogEntry | undefined {
    return this.visible(stream)?.find((entry) => entry.revision === revision);
  }

  /** Index of the event at a position; undefined in the middle of a record; the log's length beyond its end. */
  indexAt(position: bigint): number | undefined {
    return position >= this.nextPosition ? this.entries.length : this.byPosition.get(position);
  }

  private check(stream: string, expected: Expected, events: readonly ProposedEvent[]): WriteResult | 'write' {
    if (this.tombstoned.has(stream)) return { kind: 'deleted' };
    const current = this.lastRevision(stream);
    const wrong: WriteResult = { kind: 'wrong', current };
    if (expected === 'stream_exists') {
      if (this.isSoftDeleted(stream)) return { kind: 'deleted' };
      if (current === undefined && !this.streams.has(metaStreamOf(stream))) return wrong;
    }
    if (expected === 'any' || expected === 'stream_exists') {
      const known = this.recentIds.get(stream);
      const revisions = events.map(({ id }) => known?.get(id.toLowerCase()));
      if (revisions[0] === undefined) return 'write';
      const last = revisions.at(-1);
      return last === undefined || revisions.includes(undefined) ? wrong : this.repeated(stream, last);
    }
    const at = expected === 'no_stream' ? -1n : expected;
    const end = current ?? -1n;
    if (at > end) return wrong;
    if (at === end) return 'write';
    const there = this.streams.get(stream) ?? [];
    const first = Number(at) + 1;
    const differs = events.findIndex(({ id }, i) => there[first + i]?.id !== id.toLowerCase());
    if (differs < 0) return this.repeated(stream, at + BigInt(events.length));
    return differs === 0 && expected === 'no_stream' && this.isSoftDeleted(stream) ? 'write' : wrong;
  }

  private checkDelete(stream: string, expected: Expected): WriteResult | undefined {
    const verdict = this.check(stream, expected, []);
    if (verdict === 'write') return undefined;
    return verdict.kind === 'deleted' ? verdict : { kind: 'wrong', current: this.lastRevision(stream) };
  }

  private repeated(stream: string, revision: bigint): WriteResult {
    const position = this.streams.get(stream)?.[Number(revision)]?.position;
    return position === undefined ? { kind: 'nothing', revision } : { kind: 'repeated', revision, position };
  }

  lastRevision(stream: string): bigint | undefined {
    return this.streams.get(stream)?.at(-1)?.revision;
  }

  private metadataText(stream: string): string {
    const last = this.streams.get(metaStreamOf(stream))?.at(-1);
    return last === undefined ? '{}' : new TextDecoder().decode(last.data);
  }

  private metadata(stream: string): Record<string, unknown> {
    return JSON.parse(this.metadataText(stream)) as Record<string, unknown>;
  }

  private isSoftDeleted(stream: string): boolean {
    return this.metadataText(stream).includes(`"$tb":${SOFT_DELETED}`);
  }

  private setMetadata(stream: string, metadata: Record<string, unknown>): void {
    this.push(metaStreamOf(stream), this.metadataEvent(JSON.stringify({ ...this.metadata(stream), ...metadata })));
  }

  private metadataEvent(json: string): ProposedEvent {
    return { id: this.ownId(), type: '$metadata', contentType: 'application/json', data: text(json), customMetadata: new Uint8Array() };
  }

  private system(stream: string, type: string, body: unknown): void {
    this.foreign(stream, type, body);
    this.changes.emit('grown');
  }

  private push(stream: string, event: ProposedEvent, revision?: bigint): LogEntry {
    const id = event.id.toLowerCase();
    if (!UUID.test(id) || id === NIL) throw new Error(`event id ${event.id} is no UUID`);
    const there = this.streams.get(stream) ?? [];
    const entry: LogEntry = {
      ...event,
      id,
      stream,
      revision: revision ?? BigInt(there.length),
      position: this.nextPosition,
      createdTicks: this.nowTicks(),
    };
    this.byPosition.set(entry.position, this.entries.length);
    this.entries.push(entry);
    there.push(entry);
    this.streams.set(stream, there);
    const known = this.recentIds.get(stream) ?? new Map<string, bigint>();
    this.recentIds.set(stream, known.set(id, entry.revision));
    // A record takes its size in the log, so that positions have holes of any width.
    this.nextPosition += BigInt(64 + stream.length + event.data.length + event.customMetadata.length);
    return entry;
  }

  private sizeOf({ data, customMetadata, type }: ProposedEvent): number {
    return this.countsWholeEvents ? data.length + customMetadata.length + 2 * Buffer.byteLength(type) : data.length;
  }

  private nowTicks(): bigint {
    return BigInt(Date.now() + this.clockOffsetMs) * TICKS_PER_MS + BigInt(this.serial % 10_000);
  }

  private ownId(): string {
    this.serial++;
    return `00000000-0000-4000-8000-${this.serial.toString(16).padStart(12, '0')}`;
  }
}
