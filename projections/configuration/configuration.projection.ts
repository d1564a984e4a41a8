import type { Json, Recorded, RecordedEvent } from '../../src/kernel/event.js';
import { idOf } from '../../src/kernel/streams.js';
import type { TenantEvent } from '../../src/identity/contract/identity-events.js';
import type { Projection, Row, RowKey, Rows } from '../../src/platform/subscriptions/projection.js';
import type { AgentEvent, AgentSettings, QueueEvent } from '../../src/routing/contract/routing-events.js';
import type { MediaNodeEvent, MediaNodeSettings, NumberEvent } from '../../src/telephony/contract/configuration-events.js';
import { changeRow, elapsedMs, numberOf } from '../shared/fold.js';
import { AGENTS, agentsTable, GAPS, gapsTable, MEMBERS, membersTable, NODES, nodesTable, NUMBERS, numbersTable, QUEUES, queuesTable, TENANTS, tenantsTable } from './configuration.tables.js';

const AGENT_EVENTS = ['AgentCreated', 'AgentConfigured', 'AgentRetired'] as const;
type Told = TenantEvent | QueueEvent | Extract<AgentEvent, { type: (typeof AGENT_EVENTS)[number] }> | NumberEvent | MediaNodeEvent;

const json = (value: unknown): Json => value as Json;

const agentColumns = (settings: AgentSettings | string): Row =>
  typeof settings === 'string' ? { display_name: settings, device_user: null, address: null } : { display_name: settings.displayName, device_user: settings.deviceUser, address: settings.address };

/** What may be shown of a node: all but its password. */
const shown = (settings: MediaNodeSettings | string): Json => {
  if (typeof settings === 'string') return { name: settings };
  const { password: _password, ...rest } = settings;
  return rest;
};

/** What is configured now, and how the media nodes are. */
export const configuration: Projection = {
  name: 'configuration',
  version: 1,
  eventTypes: [
    'TenantCreated', 'TenantConfigured', 'TenantRetired', 'QueueCreated', 'QueueConfigured', 'QueueRetired', 'AgentJoinedQueue', 'AgentLeftQueue', ...AGENT_EVENTS, 'NumberAssigned', 'NumberConfigured', 'NumberRetired',
    'MediaNodeRegistered', 'MediaNodeConfigured', 'MediaNodeRetired', 'MediaNodeGapOpened', 'MediaNodeGapClosed', 'MediaNodeRestarted', 'MediaNodeClockMeasured',
  ],
  tables: [tenantsTable, queuesTable, membersTable, agentsTable, numbersTable, nodesTable, gapsTable],
  keys(recorded: RecordedEvent): RowKey[] {
    const event = recorded as Recorded<Told>;
    const { tenantId } = event.metadata;
    switch (event.type) {
      case 'TenantCreated':
      case 'TenantConfigured':
      case 'TenantRetired':
        return [{ table: TENANTS, key: [event.data.tenantId] }];
      case 'QueueCreated':
      case 'QueueConfigured':
      case 'QueueRetired':
        return [{ table: QUEUES, key: [tenantId, event.data.queueId] }];
      case 'AgentJoinedQueue':
      case 'AgentLeftQueue':
        return [{ table: MEMBERS, key: [tenantId, event.data.queueId, event.data.agentId] }];
      case 'AgentCreated':
      case 'AgentConfigured':
      case 'AgentRetired':
        return [{ table: AGENTS, key: [tenantId, event.data.agentId] }];
      case 'NumberAssigned':
      case 'NumberConfigured':
      case 'NumberRetired':
        return [{ table: NUMBERS, key: [tenantId, event.data.numberId] }];
      case 'MediaNodeGapOpened':
      case 'MediaNodeGapClosed':
        return [{ table: NODES, key: [tenantId, idOf(event.stream)] }, { table: GAPS, key: [tenantId, idOf(event.stream), event.data.gapId] }];
      default:
        return [{ table: NODES, key: [tenantId, idOf(event.stream)] }];
    }
  },
  apply(recorded: RecordedEvent, rows: Rows) {
    const event = recorded as Recorded<Told>;
    const { tenantId, occurredAt: at } = event.metadata;
    switch (event.type) {
      case 'TenantCreated':
        return rows.put(TENANTS, { tenant_id: event.data.tenantId, settings: json(event.data.settings), retired: false, created_at: at });
      case 'TenantConfigured':
        return changeRow(rows, TENANTS, [event.data.tenantId], () => ({ settings: json(event.data.settings) }));
      case 'TenantRetired':
        return changeRow(rows, TENANTS, [event.data.tenantId], () => ({ retired: true }));
      case 'QueueCreated':
        return rows.put(QUEUES, { tenant_id: tenantId, queue_id: event.data.queueId, settings: json(event.data.settings), retired: false, created_at: at, changed_at: at });
      case 'QueueConfigured':
        return changeRow(rows, QUEUES, [tenantId, event.data.queueId], () => ({ settings: json(event.data.settings), changed_at: at }));
      case 'QueueRetired':
        return changeRow(rows, QUEUES, [tenantId, event.data.queueId], () => ({ retired: true, changed_at: at }));
      case 'AgentJoinedQueue':
        return rows.put(MEMBERS, { tenant_id: tenantId, queue_id: event.data.queueId, agent_id: event.data.agentId, level: event.data.level, position: event.data.position });
      case 'AgentLeftQueue':
        return rows.delete(MEMBERS, [tenantId, event.data.queueId, event.data.agentId]);
      case 'AgentCreated':
        return rows.put(AGENTS, { tenant_id: tenantId, agent_id: event.data.agentId, ...agentColumns(event.data.settings), retired: false, created_at: at, changed_at: at });
      case 'AgentConfigured':
        return changeRow(rows, AGENTS, [tenantId, event.data.agentId], () => ({ ...agentColumns(event.data.settings), changed_at: at }));
      case 'AgentRetired':
        return changeRow(rows, AGENTS, [tenantId, event.data.agentId], () => ({ retired: true, changed_at: at }));
      case 'NumberAssigned':
      case 'NumberConfigured': {
        const { numberId, number, destination } = event.data;
        const assignedAt = event.type === 'NumberAssigned' ? at : (rows.get(NUMBERS, [tenantId, numberId])?.['assigned_at'] ?? at);
        return rows.put(NUMBERS, { tenant_id: tenantId, number_id: numberId, number, destination: json(destination), retired: false, assigned_at: assignedAt, changed_at: at });
      }
      case 'NumberRetired':
        return changeRow(rows, NUMBERS, [tenantId, event.data.numberId], () => ({ retired: true, changed_at: at }));
      default:
        return applyNode(event, rows);
    }
  },
};

const applyNode = (event: Recorded<MediaNodeEvent>, rows: Rows): void => {
  const { tenantId, occurredAt: at } = event.metadata;
  const { nodeId } = event.data;
  const change = (how: (row: Readonly<Row>) => Row): void => changeRow(rows, NODES, [tenantId, nodeId], how);
  switch (event.type) {
    case 'MediaNodeRegistered':
      return rows.put(NODES, { tenant_id: tenantId, node_id: nodeId, settings: shown(event.data.settings), retired: false, registered_at: at, changed_at: at, restarts: 0, gaps: 0 });
    case 'MediaNodeConfigured':
      return change(() => ({ settings: shown(event.data.settings), changed_at: at }));
    case 'MediaNodeRetired':
      return change(() => ({ retired: true, changed_at: at }));
    case 'MediaNodeGapOpened': {
      const { gapId, from, cause } = event.data;
      rows.put(GAPS, { tenant_id: tenantId, node_id: nodeId, gap_id: gapId, cause, from_at: from });
      return change((row) => ({ gap_id: gapId, gap_since: from, gap_cause: cause, gaps: numberOf(row['gaps']) + 1 }));
    }
    case 'MediaNodeGapClosed': {
      const { gapId, from, to, switchSessionId, channelsSeen, legsConfirmed, endsInferred, callersAdmitted } = event.data;
      changeRow(rows, GAPS, [tenantId, nodeId, gapId], () => ({
        from_at: from, to_at: to, duration_ms: elapsedMs(from, to), switch_session_id: switchSessionId, channels_seen: channelsSeen, legs_confirmed: legsConfirmed, ends_inferred: endsInferred, callers_admitted: callersAdmitted,
      }));
      return change((row) => ({ switch_session_id: switchSessionId, ...(row['gap_id'] === gapId ? { gap_id: null, gap_since: null, gap_cause: null } : {}) }));
    }
    case 'MediaNodeRestarted':
      return change((row) => ({ switch_session_id: event.data.switchSessionId, restarts: numberOf(row['restarts']) + 1, restarted_at: at }));
    case 'MediaNodeClockMeasured':
      return change(() => ({ clock_offset_ms: event.data.offsetMs, clock_measured_at: at }));
    default:
      event satisfies never;
  }
};
