import type { TableSpec } from '../../src/platform/subscriptions/projection.js';

export const TENANTS = 'configured_tenants';
export const QUEUES = 'configured_queues';
export const MEMBERS = 'configured_queue_members';
export const AGENTS = 'configured_agents';
export const NUMBERS = 'configured_numbers';
export const NODES = 'configured_nodes';
export const GAPS = 'media_node_gaps';

export const tenantsTable: TableSpec = {
  name: TENANTS,
  columns: { tenant_id: 'text', settings: 'jsonb', retired: 'boolean', created_at: 'timestamptz' },
  primaryKey: ['tenant_id'],
};

export const queuesTable: TableSpec = {
  name: QUEUES,
  columns: { tenant_id: 'text', queue_id: 'text', settings: 'jsonb', retired: 'boolean', created_at: 'timestamptz', changed_at: 'timestamptz' },
  primaryKey: ['tenant_id', 'queue_id'],
};

export const membersTable: TableSpec = {
  name: MEMBERS,
  columns: { tenant_id: 'text', queue_id: 'text', agent_id: 'text', level: 'integer', position: 'integer' },
  primaryKey: ['tenant_id', 'queue_id', 'agent_id'],
  indexes: [['tenant_id', 'agent_id']],
};

export const agentsTable: TableSpec = {
  name: AGENTS,
  columns: { tenant_id: 'text', agent_id: 'text', display_name: 'text', device_user: 'text', address: 'text', retired: 'boolean', created_at: 'timestamptz', changed_at: 'timestamptz' },
  primaryKey: ['tenant_id', 'agent_id'],
};

export const numbersTable: TableSpec = {
  name: NUMBERS,
  columns: { tenant_id: 'text', number_id: 'text', number: 'text', destination: 'jsonb', retired: 'boolean', assigned_at: 'timestamptz', changed_at: 'timestamptz' },
  primaryKey: ['tenant_id', 'number_id'],
};

/** Nodes belong to the operator's own tenant. The password is not here. */
export const nodesTable: TableSpec = {
  name: NODES,
  columns: {
    tenant_id: 'text', node_id: 'text', settings: 'jsonb', retired: 'boolean', registered_at: 'timestamptz', changed_at: 'timestamptz', switch_session_id: 'text', restarts: 'integer', restarted_at: 'timestamptz',
    clock_offset_ms: 'double precision', clock_measured_at: 'timestamptz', gaps: 'integer', gap_id: 'text', gap_since: 'timestamptz', gap_cause: 'text',
  },
  primaryKey: ['tenant_id', 'node_id'],
};

export const gapsTable: TableSpec = {
  name: GAPS,
  columns: {
    tenant_id: 'text', node_id: 'text', gap_id: 'text', cause: 'text', from_at: 'timestamptz', to_at: 'timestamptz', duration_ms: 'bigint', switch_session_id: 'text',
    channels_seen: 'integer', legs_confirmed: 'integer', ends_inferred: 'integer', callers_admitted: 'integer',
  },
  primaryKey: ['tenant_id', 'node_id', 'gap_id'],
  indexes: [['tenant_id', 'from_at']],
};
