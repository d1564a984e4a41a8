import type { Recorded, RecordedEvent } from '../../src/kernel/event.js';
import type { Projection, Rows, TableSpec } from '../../src/platform/subscriptions/projection.js';
import type { MediaNodeEvent } from '../../src/telephony/contract/configuration-events.js';
import { changeRow, elapsedMs } from '../shared/fold.js';

export const GAPS = 'media_node_gaps';

export const gapsTable: TableSpec = {
  name: GAPS,
  columns: {
    tenant_id: 'text', node_id: 'text', gap_id: 'text', cause: 'text', from_at: 'timestamptz', to_at: 'timestamptz', duration_ms: 'bigint', switch_session_id: 'text',
    channels_seen: 'integer', legs_confirmed: 'integer', ends_inferred: 'integer', callers_admitted: 'integer', calls_affected: 'integer',
  },
  primaryKey: ['tenant_id', 'node_id', 'gap_id'],
  indexes: [['tenant_id', 'node_id', 'from_at']],
};

type Gap = Extract<MediaNodeEvent, { type: 'MediaNodeGapOpened' | 'MediaNodeGapClosed' }>;

/** Every time in which facts of a media node may have been missed, and what the comparison after it found. */
export const mediaNodeGaps: Projection = {
  name: 'media-node-gaps',
  version: 2,
  eventTypes: ['MediaNodeGapOpened', 'MediaNodeGapClosed'],
  tables: [gapsTable],
  keys(recorded: RecordedEvent) {
    const { metadata, data } = recorded as Recorded<Gap>;
    return [{ table: GAPS, key: [metadata.tenantId, data.nodeId, data.gapId] }];
  },
  apply(recorded: RecordedEvent, rows: Rows) {
    const event = recorded as Recorded<Gap>;
    const { tenantId } = event.metadata;
    const { nodeId, gapId, from } = event.data;
    if (event.type === 'MediaNodeGapOpened') return rows.put(GAPS, { tenant_id: tenantId, node_id: nodeId, gap_id: gapId, cause: event.data.cause, from_at: from });
    const { to, switchSessionId, channelsSeen, legsConfirmed, endsInferred, callersAdmitted, callsAffected } = event.data;
    changeRow(rows, GAPS, [tenantId, nodeId, gapId], () => ({
      from_at: from, to_at: to, duration_ms: elapsedMs(from, to), switch_session_id: switchSessionId, channels_seen: channelsSeen, legs_confirmed: legsConfirmed, ends_inferred: endsInferred, callers_admitted: callersAdmitted, calls_affected: callsAffected,
    }));
  },
};
