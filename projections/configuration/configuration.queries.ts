import type { Json } from '../../src/kernel/event.js';
import { streamOf } from '../../src/kernel/streams.js';
import type { Page, PageRequest, StatusFilter } from '../../src/platform/http/pages.js';
import type { SealedRows } from '../../src/platform/privacy/sealed-text.js';
import type { AgentSettings, QueueSettings } from '../../src/routing/contract/routing-events.js';
import type { GapCause, MediaNodeSettings, NumberDestination } from '../../src/telephony/contract/configuration-events.js';
import { cursorKey, pageFrom } from '../shared/paging.js';
import { Conditions, isoSql, rowsOf, type TenantDatabase } from '../shared/reading.js';
import { AGENTS, MEMBERS, NODES, NUMBERS, QUEUES } from './configuration.projection.js';

type Status = 'active' | 'retired';

export interface QueueRecord {
  readonly queueId: string;
  readonly status: Status;
  readonly settings: QueueSettings;
  readonly members: readonly { readonly agentId: string; readonly level: number; readonly position: number }[];
}

export interface AgentRecord {
  readonly agentId: string;
  readonly status: Status;
  /** Null once the person is erased. */
  readonly settings: AgentSettings | null;
}

export interface NumberRecord {
  readonly numberId: string;
  readonly number: string;
  readonly status: Status;
  readonly destination: NumberDestination;
}

export interface NodeRecord {
  readonly nodeId: string;
  readonly status: Status;
  readonly settings: Omit<MediaNodeSettings, 'password'> | null;
  /** Since when facts of the node may have been missed; null while it is connected and compared. */
  readonly gap: { readonly since: string; readonly cause: GapCause } | null;
  /** Null while a gap is open, and before the node was reached for the first time. */
  readonly connectedSince: string | null;
  readonly switchSessionId: string | null;
  readonly restarts: number;
  /** The node's clock minus ours, ms; null until measured. */
  readonly clockOffsetMs: number | null;
}

interface Kind {
  /** Name of the list, for its cursors. */
  readonly list: string;
  readonly from: string;
  readonly id: string;
  readonly columns: string;
  /** Category of the stream that sealed settings come from. */
  readonly category?: string;
}

const QUEUE: Kind = {
  list: 'queues', from: QUEUES, id: 'queue_id',
  columns: `t.queue_id AS "queueId", t.status, t.settings, coalesce((SELECT jsonb_agg(jsonb_build_object('agentId', m.agent_id, 'level', m.level, 'position', m.position) ORDER BY m.level, m.position, m.agent_id COLLATE "C")
    FROM ${MEMBERS} m WHERE m.tenant_id = t.tenant_id AND m.queue_id = t.queue_id), '[]') AS members`,
};
const AGENT: Kind = { list: 'agents', from: AGENTS, id: 'agent_id', category: 'agent', columns: 't.agent_id AS "agentId", t.status, t.settings' };
const NUMBER: Kind = { list: 'numbers', from: NUMBERS, id: 'number_id', columns: 't.number_id AS "numberId", t.number, t.status, t.destination' };
const NODE: Kind = {
  list: 'nodes', from: NODES, id: 'node_id', category: 'node',
  columns: `t.node_id AS "nodeId", t.status, t.settings, CASE WHEN t.gap_id IS NULL THEN NULL ELSE jsonb_build_object('since', ${isoSql('t.gap_since')}, 'cause', t.gap_cause) END AS gap,
    ${isoSql('t.connected_since')} AS "connectedSince", t.switch_session_id AS "switchSessionId", t.restarts, t.clock_offset_ms AS "clockOffsetMs"`,
};

/** What is configured now, by id. */
export class ConfigurationQueries {
  constructor(
    private readonly database: TenantDatabase,
    private readonly sealed: SealedRows,
  ) {}

  queues(tenantId: string, filter: StatusFilter, page: PageRequest): Promise<Page<QueueRecord>> {
    return this.list(QUEUE, tenantId, filter, page, ({ queueId }) => queueId);
  }

  queue(tenantId: string, queueId: string): Promise<QueueRecord | undefined> {
    return this.one(QUEUE, tenantId, queueId);
  }

  agents(tenantId: string, filter: StatusFilter, page: PageRequest): Promise<Page<AgentRecord>> {
    return this.list(AGENT, tenantId, filter, page, ({ agentId }) => agentId);
  }

  agent(tenantId: string, agentId: string): Promise<AgentRecord | undefined> {
    return this.one(AGENT, tenantId, agentId);
  }

  numbers(tenantId: string, filter: StatusFilter, page: PageRequest): Promise<Page<NumberRecord>> {
    return this.list(NUMBER, tenantId, filter, page, ({ numberId }) => numberId);
  }

  number(tenantId: string, numberId: string): Promise<NumberRecord | undefined> {
    return this.one(NUMBER, tenantId, numberId);
  }

  nodes(tenantId: string, filter: StatusFilter, page: PageRequest): Promise<Page<NodeRecord>> {
    return this.list(NODE, tenantId, filter, page, ({ nodeId }) => nodeId);
  }

  node(tenantId: string, nodeId: string): Promise<NodeRecord | undefined> {
    return this.one(NODE, tenantId, nodeId);
  }

  private list<T extends object>(kind: Kind, tenantId: string, { status }: StatusFilter, { limit, cursor }: PageRequest, idOf: (item: T) => string): Promise<Page<T>> {
    const { list, from, id, columns } = kind;
    const after = cursorKey(list, cursor, ['text']);
    const conditions = new Conditions()
      .where(tenantId, (p) => `t.tenant_id = ${p}`)
      .where(status, (p) => `t.status = ${p}`)
      .where(after?.[0], (p) => `t.${id} COLLATE "C" > ${p}`);
    const sql = `SELECT ${columns} FROM ${from} t WHERE ${conditions.sql} ORDER BY t.${id} COLLATE "C" LIMIT ${conditions.parameter(limit + 1)}`;
    return this.read<T>(kind, tenantId, sql, conditions.values).then((found) => pageFrom(list, found, limit, (item) => [idOf(item)]));
  }

  private async one<T extends object>(kind: Kind, tenantId: string, value: string): Promise<T | undefined> {
    const { from, id, columns } = kind;
    return (await this.read<T>(kind, tenantId, `SELECT ${columns} FROM ${from} t WHERE t.tenant_id = $1 AND t.${id} = $2`, [tenantId, value]))[0];
  }

  private async read<T extends object>({ id, category }: Kind, tenantId: string, sql: string, values: readonly unknown[]): Promise<T[]> {
    const rows = await this.database.tenantTransaction(tenantId, (tx) => rowsOf<T>(tx, sql, values));
    if (category === undefined) return rows;
    const idField = id.replace('_id', 'Id') as keyof T;
    return (await this.sealed.open(rows, (row) => streamOf(category, String(row[idField])))).map((row) => ({ ...row, settings: shown((row as { readonly settings?: Json }).settings) }));
  }
}

/** Without the password; null where the key is destroyed and nothing can be shown. */
const shown = (settings: Json | undefined): Json => {
  if (typeof settings !== 'object' || settings === null) return null;
  const { password: _password, ...rest } = settings as Record<string, Json>;
  return rest;
};
