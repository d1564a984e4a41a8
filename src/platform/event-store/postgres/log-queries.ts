import { isoTime } from '../../../kernel/clock.js';
import type { EventFilter, StoredEvent } from '../event-store.port.js';
import type { Row, Statement } from './connections.js';

/** A page ends after so many bytes as they lie on disk, so that a page of large events fits into memory. */
const PAGE_BYTES = 8 * 1024 * 1024;

const COLUMNS = 'position, stream, revision, id, type, schema_version, data, metadata';

/**
 * The rows of `from`, in the given order, as long as they fit in a page; the last column says how
 * many there would have been. pg_column_size does not read large values, it knows their size.
 */
const pageOf = (order: string, from: string): string =>
  `select ${COLUMNS}, (extract(epoch from recorded_at) * 1000)::int8, found from (` +
  `select e.*, count(*) over () as found, sum(pg_column_size(data)) over (order by ${order}) - pg_column_size(data) as before from (${from}) e` +
  `) page where before < ${PAGE_BYTES} order by ${order}`;

/** One page of rows, and whether there is nothing after it. */
export interface DecodedPage {
  readonly events: StoredEvent[];
  readonly atEnd: boolean;
}

export const logQueries = (schema: string) => {
  const events = `select * from ${schema}.events`;
  const statement = (name: string, text: string): Statement => ({ name, text });
  return {
    logId: statement('log_id', `select id from ${schema}.log`),
    head: statement('head', `select coalesce(max(position), 0) from ${schema}.events`),
    /** $1 stream, $2 first revision, $3 limit. */
    streamForwards: statement('stream_forwards', pageOf('revision', `${events} where stream = $1 and revision >= $2 order by revision limit $3`)),
    /** $1 stream, $2 first revision, $3 limit. */
    streamBackwards: statement('stream_backwards', pageOf('revision desc', `${events} where stream = $1 and revision <= $2 order by revision desc limit $3`)),
    /** $1 after, $2 up to, $3 limit. */
    all: statement('all', pageOf('position', `${events} where position > $1 and position <= $2 order by position limit $3`)),
    /** $1 after, $2 up to, $3 limit, $4 stream prefixes or null, $5 types or null. */
    allFiltered: statement(
      'all_filtered',
      pageOf(
        'position',
        `${events} where position > $1 and position <= $2 and ($4::text[] is null or stream ^@ any ($4::text[])) ` +
          'and ($5::text[] is null or type = any ($5::text[])) order by position limit $3',
      ),
    ),
  };
};

export const filterValues = ({ streamPrefixes, types }: EventFilter): unknown[] => [streamPrefixes ?? null, types ?? null];

const decodeRow = (row: Row): StoredEvent => {
  const [position, stream, revision, id, type, schemaVersion, data, metadata, recordedMs] = row as readonly string[];
  return {
    id: id ?? '',
    type: type ?? '',
    schemaVersion: Number(schemaVersion),
    data: JSON.parse(data ?? '') as StoredEvent['data'],
    metadata: JSON.parse(metadata ?? '') as StoredEvent['metadata'],
    stream: stream ?? '',
    revision: BigInt(revision ?? ''),
    position: BigInt(position ?? ''),
    recordedAt: isoTime(Number(recordedMs)),
  };
};

export const decodePage = (rows: readonly Row[], limit: number): DecodedPage => {
  const found = Number(rows[0]?.[9] ?? 0);
  return { events: rows.map(decodeRow), atEnd: found < limit && rows.length === found };
};
