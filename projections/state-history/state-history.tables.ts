import type { TableSpec } from '../../src/platform/subscriptions/projection.js';

export const CALL_CHANGES = 'call_changes';
export const AGENT_STATES = 'agent_states';
export const QUEUE_WAITS = 'queue_waits';
export const QUEUE_MEMBERSHIPS = 'queue_memberships';

/** What changed in a call, when (`at`) and as of which position it was known. */
export const callChangesTable: TableSpec = {
  name: CALL_CHANGES,
  columns: { tenant_id: 'text', call_id: 'text', position: 'bigint', at: 'timestamptz', change: 'jsonb' },
  primaryKey: ['tenant_id', 'call_id', 'position'],
};

/** An agent's state after each event of a shift, and the last shift as it is, to go on from. */
export const agentStatesTable: TableSpec = {
  name: AGENT_STATES,
  columns: { tenant_id: 'text', agent_id: 'text', position: 'bigint', at: 'timestamptz', shift_id: 'text', presence: 'text', reason: 'text', engagement: 'text', call_id: 'text', queue_id: 'text' },
  primaryKey: ['tenant_id', 'agent_id', 'position'],
};

export const SHIFTS = 'shift_states';
export const shiftsTable: TableSpec = { name: SHIFTS, columns: { tenant_id: 'text', agent_id: 'text', shift: 'jsonb' }, primaryKey: ['tenant_id', 'agent_id'] };

/** A stay in a queue, with both its times and the positions as of which they were known. */
export const queueWaitsTable: TableSpec = {
  name: QUEUE_WAITS,
  columns: {
    tenant_id: 'text', call_id: 'text', segment_id: 'text', queue_id: 'text', priority: 'integer', waiting_since: 'timestamptz', entered_at: 'timestamptz', entered_position: 'bigint', left_at: 'timestamptz', left_position: 'bigint',
  },
  primaryKey: ['tenant_id', 'call_id', 'segment_id'],
  indexes: [['tenant_id', 'queue_id', 'entered_at'], ['tenant_id', 'queue_id', 'left_at']],
};

/** Each time that an agent joined or left a queue. */
export const queueMembershipsTable: TableSpec = {
  name: QUEUE_MEMBERSHIPS,
  columns: { tenant_id: 'text', queue_id: 'text', position: 'bigint', at: 'timestamptz', agent_id: 'text', member: 'boolean' },
  primaryKey: ['tenant_id', 'queue_id', 'position'],
};
