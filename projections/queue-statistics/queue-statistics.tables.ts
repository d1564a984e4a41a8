import type { TableSpec } from '../../src/platform/subscriptions/projection.js';

export const THRESHOLDS = 'queue_thresholds';
export const ENTRIES = 'queue_entries';
export const OFFERS = 'queue_offers';

/** What a queue counts by now; an entry keeps what counted when it was made. */
export const thresholdsTable: TableSpec = {
  name: THRESHOLDS,
  columns: { tenant_id: 'text', queue_id: 'text', service_level_seconds: 'integer', short_abandon_seconds: 'integer' },
  primaryKey: ['tenant_id', 'queue_id'],
};

/** A row for each stay in a queue, so that any threshold can be asked for exactly. */
export const entriesTable: TableSpec = {
  name: ENTRIES,
  columns: {
    tenant_id: 'text', call_id: 'text', segment_id: 'text', queue_id: 'text', entered_at: 'timestamptz', waiting_since: 'timestamptz', priority: 'integer', previous_segment_id: 'text',
    service_level_seconds: 'integer', short_abandon_seconds: 'integer', ended_at: 'timestamptz', reason: 'text', wait_ms: 'bigint', agent_id: 'text', overflow_queue_id: 'text',
  },
  primaryKey: ['tenant_id', 'call_id', 'segment_id'],
  indexes: [['tenant_id', 'entered_at', 'queue_id'], ['tenant_id', 'ended_at']],
};

/** A row for each offer to an agent, with the contact that came of it. `entered_at` is that of its entry. */
export const offersTable: TableSpec = {
  name: OFFERS,
  columns: {
    tenant_id: 'text', call_id: 'text', offer_id: 'text', segment_id: 'text', queue_id: 'text', agent_id: 'text', entered_at: 'timestamptz', made_at: 'timestamptz', ringing_at: 'timestamptz', ended_at: 'timestamptz',
    outcome: 'text', ring_ms: 'bigint', contact_started_at: 'timestamptz', contact_ended_at: 'timestamptz', talk_ms: 'bigint', hold_ms: 'bigint', wrap_up_due_ms: 'bigint', wrap_up_ms: 'bigint', wrap_up_ended_at: 'timestamptz',
  },
  primaryKey: ['tenant_id', 'call_id', 'offer_id'],
  indexes: [['tenant_id', 'entered_at', 'queue_id']],
};
