import type { TableSpec } from '../../src/platform/subscriptions/projection.js';

export const CALLS = 'call_history';
export const LEGS = 'call_history_legs';
export const SEGMENTS = 'call_history_segments';

export const callsTable: TableSpec = {
  name: CALLS,
  columns: {
    tenant_id: 'text', call_id: 'text', interaction_id: 'text', direction: 'text', node_id: 'text', number_id: 'text', person_id: 'text', from_number: 'text', from_name: 'text', to_number: 'text', from_key: 'text', to_key: 'text',
    started_at: 'timestamptz', answered_at: 'timestamptz', ended_at: 'timestamptz', duration_ms: 'bigint', queue_id: 'text', agent_id: 'text',
    disposition: 'text', cause: 'text', ended_by: 'text', confidence: 'text',
    wait_ms: 'bigint', ring_ms: 'bigint', talk_ms: 'bigint', hold_ms: 'bigint', wrap_up_ms: 'bigint', bridged_ms: 'bigint', offers: 'integer', contacts: 'integer', holds: 'integer',
    transfers: 'jsonb', bridges: 'jsonb', recordings: 'jsonb', differences: 'jsonb', last_dequeue: 'text', leg_ends: 'jsonb', gaps: 'jsonb', unheard: 'jsonb',
  },
  primaryKey: ['tenant_id', 'call_id'],
  indexes: [
    ['tenant_id', 'started_at', 'call_id'], ['tenant_id', 'ended_at', 'call_id'], ['tenant_id', 'person_id', 'started_at'], ['tenant_id', 'from_key', 'started_at'], ['tenant_id', 'to_key', 'started_at'], ['tenant_id', 'interaction_id'],
  ],
};

export const legsTable: TableSpec = {
  name: LEGS,
  columns: {
    tenant_id: 'text', call_id: 'text', leg_id: 'text', role: 'text', direction: 'text', origin: 'text', node_id: 'text', agent_id: 'text', offer_id: 'text', person_id: 'text', number: 'text', name: 'text',
    created_at: 'timestamptz', ringing_at: 'timestamptz', early_media_at: 'timestamptz', answered_at: 'timestamptz', ended_at: 'timestamptz', duration_ms: 'bigint', ring_ms: 'bigint', answered_ms: 'bigint',
    hold_ms: 'bigint', holds: 'integer', cause: 'text', q850: 'integer', sip_status: 'integer', hung_up_by: 'text', confidence: 'text', earliest_end_at: 'timestamptz', latest_end_at: 'timestamptz',
    evidence: 'text', moved_to: 'text', adopted_from: 'text', adopted_at: 'timestamptz',
  },
  primaryKey: ['tenant_id', 'call_id', 'leg_id'],
  indexes: [['tenant_id', 'person_id']],
};

export const segmentsTable: TableSpec = {
  name: SEGMENTS,
  columns: {
    tenant_id: 'text', call_id: 'text', segment_id: 'text', kind: 'text', queue_id: 'text', agent_id: 'text', leg_id: 'text', started_at: 'timestamptz', ended_at: 'timestamptz', waiting_since: 'timestamptz',
    priority: 'integer', reason: 'text', confidence: 'text', wait_ms: 'bigint', ring_ms: 'bigint', talk_ms: 'bigint', hold_ms: 'bigint', wrap_up_ms: 'bigint', wrap_up_ended_at: 'timestamptz', offers: 'jsonb',
    previous_segment_id: 'text', overflow_queue_id: 'text',
  },
  primaryKey: ['tenant_id', 'call_id', 'segment_id'],
  indexes: [['tenant_id', 'queue_id', 'started_at'], ['tenant_id', 'agent_id', 'started_at']],
};

export const callHistoryTables: readonly TableSpec[] = [callsTable, legsTable, segmentsTable];
