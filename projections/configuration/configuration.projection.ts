import type { Json, Recorded, RecordedEvent } from '../../src/kernel/event.js';
import type { Projection, Row, RowKey, Rows, TableSpec } from '../../src/platform/subscriptions/projection.js';
import type { AgentEvent, AgentSettings, QueueEvent } from '../../src/routing/contract/routing-events.js';
import type { MediaNodeEvent, MediaNodeSettings, NumberEvent } from '../../src/telephony/contract/configuration-events.js';
import { changeRow } from '../shared/fold.js';

export const QUEUES = 'configured_queues';
export const MEMBERS = 'configured_queue_members';
export const AGENTS = 'configured_agents';
export const NUMBERS = 'configured_numbers';
export const NODES = 'configured_nodes';

const EVENTS = [
  'QueueCreated', 'QueueConfigured', 'QueueRetired', 'AgentJoinedQueue', 'AgentLeftQueue', 'AgentCreated', 'AgentConfigured', 'AgentRetired', 'NumberAssigned', 'NumberConfigured', 'NumberRetired',
  'MediaNodeRegistered', 'MediaNodeConfigured', 'MediaNodeRetired', 'MediaNodeGapOpened', 'MediaNodeGapClosed', 'MediaNodeRestarted', 'MediaNodeClockMeasured',
] as const;

type Shown = Extract<QueueEvent | AgentEvent | NumberEvent | MediaNodeEvent, { type: (typeof EVENTS)[number] }>;

const table = (name: string, id: string, columns: TableSpec['columns']): TableSpec => ({
  name,
  columns: { tenant_id: 'text', [id]: 'text', status: 'text', ...columns },
  primaryKey: ['tenant_id', id],
});

const tables: readonly TableSpec[] = [
  table(QUEUES, 'queue_id', { settings: 'jsonb' }),
  { name: MEMBERS, columns: { tenant_id: 'text', queue_id: 'text', agent_id: 'text', level: 'integer', position: 'integer' }, primaryKey: ['tenant_id', 'queue_id', 'agent_id'] },
  table(AGENTS, 'agent_id', { settings: 'jsonb' }),
  table(NUMBERS, 'number_id', { number: 'text', destination: 'jsonb' }),
  table(NODES, 'node_id', {
    settings: 'jsonb', gap_id: 'text', gap_since: 'timestamptz', gap_cause: 'text', connected_since: 'timestamptz', switch_session_id: 'text', restarts: 'integer', clock_offset_ms: 'integer', clock_measured_at: 'timestamptz',
  }),
];

/** Sealed, as the log has them; who reads the row opens them. */
const kept = (settings: AgentSettings | MediaNodeSettings | string): Json => settings as unknown as Json;

const placeOf = (event: Recorded<Shown>): RowKey => {
  const { tenantId } = event.metadata;
  const { data } = event;
  if ('nodeId' in data) return { table: NODES, key: [tenantId, data.nodeId] };
  if ('numberId' in data) return { table: NUMBERS, key: [tenantId, data.numberId] };
  if ('queueId' in data) return 'agentId' in data ? { table: MEMBERS, key: [tenantId, data.queueId, data.agentId] } : { table: QUEUES, key: [tenantId, data.queueId] };
  return { table: AGENTS, key: [tenantId, data.agentId] };
};

/** Queues, agents, numbers and media nodes as they are configured now, and how each node is connected. */
export const configuration: Projection = {
  name: 'configuration',
  version: 2,
  eventTypes: EVENTS,
  tables,
  keys: (recorded) => [placeOf(recorded as Recorded<Shown>)],
  apply(recorded: RecordedEvent, rows: Rows) {
    const event = recorded as Recorded<Shown>;
    const { table, key } = placeOf(event);
    const { tenantId: tenant_id, occurredAt: at } = event.metadata;
    const change = (fields: Row): void => changeRow(rows, table, key, () => fields);
    switch (event.type) {
      case 'QueueCreated':
        return rows.put(table, { tenant_id, queue_id: event.data.queueId, status: 'active', settings: event.data.settings as unknown as Json });
      case 'QueueConfigured':
        return change({ settings: event.data.settings as unknown as Json });
      case 'AgentJoinedQueue':
        return rows.put(table, { tenant_id, queue_id: event.data.queueId, agent_id: event.data.agentId, level: event.data.level, position: event.data.position });
      case 'AgentLeftQueue':
        return rows.delete(table, key);
      case 'AgentCreated':
        return rows.put(table, { tenant_id, agent_id: event.data.agentId, status: 'active', settings: kept(event.data.settings) });
      case 'AgentConfigured':
        return change({ settings: kept(event.data.settings) });
      case 'NumberAssigned':
        return rows.put(table, { tenant_id, number_id: event.data.numberId, status: 'active', number: event.data.number, destination: event.data.destination });
      case 'NumberConfigured':
        return change({ destination: event.data.destination });
      case 'MediaNodeRegistered':
        return rows.put(table, { tenant_id, node_id: event.data.nodeId, status: 'active', settings: kept(event.data.settings), restarts: 0 });
      case 'MediaNodeConfigured':
        return change({ settings: kept(event.data.settings) });
      case 'MediaNodeGapOpened':
        return change({ gap_id: event.data.gapId, gap_since: event.data.from, gap_cause: event.data.cause, connected_since: null });
      case 'MediaNodeGapClosed':
        return change({ gap_id: null, gap_since: null, gap_cause: null, connected_since: event.data.to, switch_session_id: event.data.switchSessionId });
      case 'MediaNodeRestarted':
        return changeRow(rows, table, key, (row) => ({ restarts: Number(row['restarts'] ?? 0) + 1, switch_session_id: event.data.switchSessionId }));
      case 'MediaNodeClockMeasured':
        return change({ clock_offset_ms: event.data.offsetMs, clock_measured_at: at });
      case 'QueueRetired':
      case 'AgentRetired':
      case 'NumberRetired':
      case 'MediaNodeRetired':
        return change({ status: 'retired' });
      default:
        event satisfies never;
    }
  },
};
