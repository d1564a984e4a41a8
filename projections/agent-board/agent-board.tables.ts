import type { TableSpec } from '../../src/platform/subscriptions/projection.js';

export const BOARD = 'agent_board';
export const MEMBERS = 'agent_board_members';
export const INTERVALS = 'agent_state_intervals';
export const MEMBERSHIPS = 'agent_queue_memberships';
export const NOTED = 'agent_noted_contacts';

/** A row for each agent: what they are doing now. */
export const boardTable: TableSpec = {
  name: BOARD,
  columns: {
    tenant_id: 'text', agent_id: 'text', display_name: 'text', retired: 'boolean', presence: 'text', reason: 'text', engagement: 'text', since: 'timestamptz', call_id: 'text', queue_id: 'text',
    shift_id: 'text', signed_in_at: 'timestamptz', queued_presence: 'text', queued_reason: 'text', idle_since: 'timestamptz', ready_at: 'timestamptz', wrap_up_due_at: 'timestamptz',
    contacts: 'integer', missed: 'integer', no_answer_count: 'integer', shift: 'jsonb',
  },
  primaryKey: ['tenant_id', 'agent_id'],
};

/** Who serves which queue. */
export const membersTable: TableSpec = {
  name: MEMBERS,
  columns: { tenant_id: 'text', queue_id: 'text', agent_id: 'text', level: 'integer', position: 'integer' },
  primaryKey: ['tenant_id', 'queue_id', 'agent_id'],
  indexes: [['tenant_id', 'agent_id']],
};

/** A row for everybody who ever served a queue: `periods` are the times, in their order, as `{from, to}`; `to` null: still so. */
export const membershipsTable: TableSpec = {
  name: MEMBERSHIPS,
  columns: { tenant_id: 'text', queue_id: 'text', agent_id: 'text', periods: 'jsonb' },
  primaryKey: ['tenant_id', 'queue_id', 'agent_id'],
  indexes: [['tenant_id', 'agent_id']],
};

/** A row for each contact that nobody heard until it was over: the intervals of that time show what was believed. */
export const notedTable: TableSpec = {
  name: NOTED,
  columns: { tenant_id: 'text', shift_id: 'text', segment_id: 'text', agent_id: 'text', call_id: 'text', queue_id: 'text', from_at: 'timestamptz', to_at: 'timestamptz' },
  primaryKey: ['tenant_id', 'shift_id', 'segment_id'],
  indexes: [['tenant_id', 'from_at']],
};

/** A row for each time that an agent was in one state. `number` grows along the shift; `to_at` null: still so. */
export const intervalsTable: TableSpec = {
  name: INTERVALS,
  columns: {
    tenant_id: 'text', shift_id: 'text', number: 'integer', agent_id: 'text', presence: 'text', reason: 'text', engagement: 'text', call_id: 'text', queue_id: 'text',
    from_at: 'timestamptz', to_at: 'timestamptz', duration_ms: 'bigint',
  },
  primaryKey: ['tenant_id', 'shift_id', 'number'],
  indexes: [['tenant_id', 'from_at'], ['tenant_id', 'agent_id', 'from_at']],
};
