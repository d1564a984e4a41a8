import type { EventData, JSONEventType, ResolvedEvent } from '@eventstore/db-client';
import { isoTime } from '../../../kernel/clock.js';
import type { EventMetadata, Json } from '../../../kernel/event.js';
import type { NewEvent, StoredEvent } from '../event-store.port.js';
import { UnsupportedServer } from './errors.js';

/** The stream with the log's own identity; nothing else is ever written to it, and the port does not show it. */
export const LOG_IDENTITY_STREAM = 'log-identity';

type Written = JSONEventType<string, Record<string, Json>, Record<string, Json>>;

/** An event as the client takes it: our metadata and the schema version are EventStoreDB's custom metadata. */
export const toEventData = (event: NewEvent): EventData<Written> => ({
  id: event.id,
  contentType: 'application/json',
  type: event.type,
  data: event.data as Record<string, Json>,
  metadata: { ...(event.metadata as unknown as Record<string, Json>), schemaVersion: event.schemaVersion },
});

/** An event of the server's as far as this adapter looks at it. Links are not resolved, so it is always there. */
export interface LogRecord {
  readonly id: string;
  readonly position: bigint;
  readonly stream: string;
  readonly revision: bigint;
  readonly type: string;
  /** Milliseconds since the epoch, by the server's clock. */
  readonly createdMs: number;
  /** Absent where the event is not one of ours: the server's own, or written by something else. */
  readonly ours?: Omit<StoredEvent, 'recordedAt'>;
}

const isRecord = (value: unknown): value is Record<string, Json> => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Undefined for a link whose target is gone. Throws UnsupportedServer where the server does not give positions with
 * a stream's events, which it does since 22.6.
 */
export const toLogRecord = (resolved: ResolvedEvent): LogRecord | undefined => {
  const event = resolved.link ?? resolved.event;
  if (event === undefined) return undefined;
  const position = resolved.commitPosition ?? event.position?.commit;
  if (position === undefined || position > 0x7fff_ffff_ffff_ffffn) {
    throw new UnsupportedServer(`the server gives no position for event ${event.id} of ${event.streamId}; EventStoreDB 22.6 or newer is needed`);
  }
  const record = {
    id: event.id.toLowerCase(),
    position,
    stream: event.streamId,
    revision: event.revision,
    type: event.type,
    createdMs: event.created.getTime(),
  };
  const { data, metadata } = event as { readonly data: unknown; readonly metadata: unknown };
  if (event.type.startsWith('$') || event.streamId.startsWith('$') || event.streamId === LOG_IDENTITY_STREAM) return record;
  if (!event.isJson || !isRecord(metadata)) return record;
  const { schemaVersion, ...rest } = metadata;
  if (typeof schemaVersion !== 'number' || typeof rest['tenantId'] !== 'string') return record;
  return {
    ...record,
    ours: {
      id: record.id,
      type: event.type,
      schemaVersion,
      data: data as Json,
      metadata: rest as unknown as EventMetadata,
      stream: event.streamId,
      revision: event.revision,
      position,
    },
  };
};

/**
 * Gives events their `recordedAt` in the order in which they are read. The server's clock can step
 * back (a new leader, an adjustment); an event then takes the time of the one read before it.
 */
export class RecordedAt {
  private latestMs = 0;

  see(record: LogRecord): void {
    this.latestMs = Math.max(this.latestMs, record.createdMs);
  }

  /** Call it in log order. */
  stamp(record: LogRecord, event: Omit<StoredEvent, 'recordedAt'>): StoredEvent {
    this.see(record);
    return { ...event, recordedAt: isoTime(this.latestMs) };
  }
}
