import type { Page, PageRequest } from '../../src/platform/http/pages.js';
import type { RecordingFailure, RecordingStatus } from '../../src/telephony/contract/recording-events.js';
import { cursorKey, pageFrom } from '../shared/paging.js';
import { Conditions, rowsOf, selectList, type TenantDatabase } from '../shared/reading.js';
import { RECORDINGS, recordingsTable } from './recordings.projection.js';

/** Times ISO 8601 UTC. */
export interface RecordingRecord {
  readonly recordingId: string;
  readonly callId: string;
  readonly legId: string;
  readonly nodeId: string;
  readonly state: Exclude<RecordingStatus, 'none'>;
  readonly startedAt: string;
  readonly stoppedAt: string | null;
  readonly durationMs: number | null;
  readonly bytes: number | null;
  readonly sha256: string | null;
  readonly storedAt: string | null;
  readonly copyOnNode: boolean;
  readonly deletedAt: string | null;
  readonly failure: RecordingFailure | null;
  readonly failureDetail: string | null;
  readonly failedAt: string | null;
  readonly failedAttempts: number | null;
  readonly retryAt: string | null;
}

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

const LIST = 'recordings';
const COLUMNS = selectList(recordingsTable, 'r', ['object_key']);

export class RecordingsQueries {
  constructor(private readonly database: TenantDatabase) {}

  /** Newest first. */
  async list(tenantId: string, filter: { readonly callId?: string | undefined; readonly state?: string | undefined }, { limit, cursor }: PageRequest): Promise<Page<RecordingRecord>> {
    const after = cursorKey(LIST, cursor, ['instant', 'text']);
    const conditions = new Conditions()
      .where(tenantId, (p) => `r.tenant_id = ${p}`)
      .where(filter.callId, (p) => `r.call_id = ${p}`)
      .where(filter.state, (p) => `r.state = ${p}`);
    if (after !== undefined) conditions.always(`(r.started_at, r.recording_id COLLATE "C") < (${conditions.parameter(after[0])}::timestamptz, ${conditions.parameter(after[1])})`);
    const sql = `SELECT ${COLUMNS} FROM ${RECORDINGS} r WHERE ${conditions.sql} ORDER BY r.started_at DESC, r.recording_id COLLATE "C" DESC LIMIT ${conditions.parameter(limit + 1)}`;
    const found = await this.database.tenantTransaction(tenantId, (tx) => rowsOf<RecordingRecord>(tx, sql, conditions.values));
    return pageFrom(LIST, found, limit, ({ startedAt, recordingId }) => [startedAt, recordingId]);
  }

  one(tenantId: string, recordingId: string): Promise<RecordingRecord | undefined> {
    return this.first<RecordingRecord>(tenantId, recordingId, COLUMNS, '');
  }

  /** Where the content is; undefined unless it is stored. */
  objectOf(tenantId: string, recordingId: string): Promise<StoredObject | undefined> {
    return this.first<StoredObject>(tenantId, recordingId, 'r.object_key AS key, r.bytes::float8 AS bytes, r.sha256', `AND r.state = 'stored'`);
  }

  private first<T extends object>(tenantId: string, recordingId: string, columns: string, condition: string): Promise<T | undefined> {
    return this.database.tenantTransaction(tenantId, async (tx) => (await rowsOf<T>(tx, `SELECT ${columns} FROM ${RECORDINGS} r WHERE r.tenant_id = $1 AND r.recording_id = $2 ${condition}`, [tenantId, recordingId]))[0]);
  }
}
