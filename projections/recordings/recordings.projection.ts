import { isoTime, msOf } from '../../src/kernel/clock.js';
import type { Recorded, RecordedEvent } from '../../src/kernel/event.js';
import type { Projection, Row, Rows, TableSpec } from '../../src/platform/subscriptions/projection.js';
import { type RecordingEvent, recordingEventSpecs } from '../../src/telephony/contract/recording-events.js';
import { changeRow } from '../shared/fold.js';

export const RECORDINGS = 'recordings';

export const recordingsTable: TableSpec = {
  name: RECORDINGS,
  columns: {
    tenant_id: 'text', recording_id: 'text', call_id: 'text', leg_id: 'text', node_id: 'text', state: 'text', started_at: 'timestamptz', stopped_at: 'timestamptz', duration_ms: 'bigint',
    bytes: 'bigint', sha256: 'text', object_key: 'text', stored_at: 'timestamptz', copy_on_node: 'boolean', deleted_at: 'timestamptz',
    failure: 'text', failure_detail: 'text', failed_at: 'timestamptz', failed_attempts: 'integer', retry_at: 'timestamptz',
  },
  primaryKey: ['tenant_id', 'recording_id'],
  indexes: [['tenant_id', 'call_id', 'started_at'], ['tenant_id', 'started_at', 'recording_id']],
};

/** Every copy is to go, or has gone. */
const isGoing = (row: Readonly<Row>): boolean => row['state'] === 'deleting' || row['state'] === 'deleted';

const WELL: Row = { failure: null, failure_detail: null, failed_at: null, failed_attempts: null, retry_at: null };

const begun = (tenantId: string, { recordingId, callId, legId, nodeId }: { readonly recordingId: string; readonly callId: string; readonly legId: string; readonly nodeId: string }, startedAt: string): Row => ({
  tenant_id: tenantId, recording_id: recordingId, call_id: callId, leg_id: legId, node_id: nodeId, started_at: startedAt, copy_on_node: true,
});

/** Every recording: of which call, how far on its way into the object storage, and what holds it up. */
export const recordings: Projection = {
  name: 'recordings',
  version: 1,
  eventTypes: Object.keys(recordingEventSpecs),
  tables: [recordingsTable],
  keys(recorded: RecordedEvent) {
    const { metadata, data } = recorded as Recorded<RecordingEvent>;
    return [{ table: RECORDINGS, key: [metadata.tenantId, data.recordingId] }];
  },
  apply(recorded: RecordedEvent, rows: Rows) {
    const event = recorded as Recorded<RecordingEvent>;
    const { tenantId, occurredAt: at } = event.metadata;
    const key = [tenantId, event.data.recordingId];
    const change = (fields: (row: Readonly<Row>) => Row): void => changeRow(rows, RECORDINGS, key, fields);
    switch (event.type) {
      case 'RecordingAnnounced':
        return rows.put(RECORDINGS, { ...begun(tenantId, event.data, at), state: 'running' });
      case 'RecordingCompleted': {
        const { durationMs } = event.data;
        const row = rows.get(RECORDINGS, key) ?? begun(tenantId, event.data, isoTime(msOf(at) - (durationMs ?? 0)));
        return rows.put(RECORDINGS, { ...row, state: isGoing(row) ? 'deleting' : 'storing', stopped_at: at, duration_ms: durationMs });
      }
      case 'RecordingDeedRequested': {
        const { deed } = event.data;
        if (deed === 'store') return change(() => ({ state: 'storing', retry_at: null }));
        return deed === 'delete' ? change(() => ({ ...WELL, state: 'deleting' })) : change(() => ({ retry_at: null }));
      }
      case 'RecordingStored': {
        const { bytes, sha256, key: objectKey } = event.data;
        return change((row) => ({ ...WELL, bytes, sha256, object_key: objectKey, stored_at: at, state: isGoing(row) ? row['state'] : 'stored' }));
      }
      case 'RecordingFileRemoved':
        return change(() => ({ ...WELL, copy_on_node: false }));
      case 'RecordingDeleted':
        return change(() => ({ ...WELL, state: 'deleted', bytes: null, sha256: null, object_key: null, copy_on_node: false, deleted_at: at }));
      case 'RecordingDeedFailed': {
        const { deed, reason, detail, attempt, retryAt } = event.data;
        return change((row) => ({
          failure: reason, failure_detail: detail, failed_at: at, failed_attempts: attempt, retry_at: retryAt,
          ...(deed === 'store' && retryAt === null && row['state'] === 'storing' ? { state: 'failed' } : {}),
        }));
      }
      default:
        event satisfies never;
    }
  },
};
