import type { Page, PageRequest } from '../../src/platform/http/pages.js';
import { SYSTEM_TENANT } from '../../src/kernel/tenants.js';
import type { TenantSettings } from '../../src/identity/contract/identity-events.js';
import type { TableSpec } from '../../src/platform/subscriptions/projection.js';
import type { QueueSettings } from '../../src/routing/contract/routing-events.js';
import type { GapCause, MediaNodeSettings, NumberDestination } from '../../src/telephony/contract/configuration-events.js';
import { cursorKey, pageFrom } from '../shared/paging.js';
import { Conditions, isoSql, rowsOf, selectList, type TenantDatabase } from '../shared/reading.js';
import { agentsTable, gapsTable, MEMBERS, nodesTable, numbersTable, queuesTable, TENANTS } from './configuration.tables.js';

interface Changing {
  readonly retired: boolean;
  /** ISO 8601 UTC, as all times here. */
  readonly changedAt: string;
}

export interface ConfiguredTenant {
  readonly tenantId: string;
  readonly settings: TenantSettings;
  readonly retired: boolean;
  readonly createdAt: string;
}

export interface QueueMember {
  readonly agentId: string;
  /** Agents of the lowest level are offered first. */
  readonly level: number;
  readonly position: number;
}

export interface ConfiguredQueue extends Changing {
  readonly queueId: string;
  readonly settings: QueueSettings;
  readonly createdAt: string;
  readonly members: readonly QueueMember[];
}

export interface ConfiguredAgent extends Changing {
  readonly agentId: string;
  readonly displayName: string;
  readonly deviceUser: string | null;
  readonly address: string | null;
  readonly createdAt: string;
  readonly queues: readonly string[];
}

export interface ConfiguredNumber extends Changing {
  readonly numberId: string;
  readonly number: string;
  readonly destination: NumberDestination;
  readonly assignedAt: string;
}

export interface ConfiguredNode extends Changing {
  readonly nodeId: string;
  readonly settings: Omit<MediaNodeSettings, 'password'>;
  readonly registeredAt: string;
  readonly switchSessionId: string | null;
  readonly restarts: number;
  readonly restartedAt: string | null;
  /** The node's clock minus ours, ms; null until measured, or while it has never moved by 20 ms. */
  readonly clockOffsetMs: number | null;
  readonly clockMeasuredAt: string | null;
  /** Gaps so far; the open one is named, with when it began and why. */
  readonly gaps: number;
  readonly gapId: string | null;
  readonly gapSince: string | null;
  readonly gapCause: GapCause | null;
}

/** A time in which events of a node may have been missed, and what comparing it found. */
export interface NodeGap {
  readonly nodeId: string;
  readonly gapId: string;
  readonly cause: GapCause;
  readonly fromAt: string;
  readonly toAt: string | null;
  readonly durationMs: number | null;
  readonly switchSessionId: string | null;
  readonly channelsSeen: number | null;
  readonly legsConfirmed: number | null;
  readonly endsInferred: number | null;
  readonly callersAdmitted: number | null;
}

export interface ConfigurationFilter {
  /** Default false: what has been retired is left out. */
  readonly retired?: boolean | undefined;
}

const MEMBERS_OF_QUEUE = `coalesce((SELECT jsonb_agg(jsonb_build_object('agentId', m.agent_id, 'level', m.level, 'position', m.position) ORDER BY m.level, m.position, m.agent_id COLLATE "C")
  FROM ${MEMBERS} m WHERE m.tenant_id = t.tenant_id AND m.queue_id = t.queue_id), '[]'::jsonb) AS members`;
const QUEUES_OF_AGENT = `ARRAY(SELECT m.queue_id FROM ${MEMBERS} m WHERE m.tenant_id = t.tenant_id AND m.agent_id = t.agent_id ORDER BY m.queue_id COLLATE "C") AS queues`;

/** How one kind of thing is listed: by its id. */
class Listing<T> {
  constructor(
    private readonly database: TenantDatabase,
    private readonly table: TableSpec,
    private readonly id: string,
    private readonly idOf: (item: T) => string,
    private readonly more?: string,
  ) {}

  async list(tenantId: string, filter: ConfigurationFilter, { limit, cursor }: PageRequest): Promise<Page<T>> {
    const after = cursorKey(this.table.name, cursor, ['text']);
    const conditions = new Conditions().where(tenantId, (p) => `t.tenant_id = ${p}`).where(filter.retired ?? false, (p) => `t.retired = ${p}`).where(after?.[0], (p) => `t.${this.id} COLLATE "C" > ${p}`);
    const found = await this.read(tenantId, `${conditions.sql} ORDER BY t.${this.id} COLLATE "C" LIMIT ${conditions.parameter(limit + 1)}`, conditions.values);
    return pageFrom(this.table.name, found, limit, (item) => [this.idOf(item)]);
  }

  async one(tenantId: string, id: string): Promise<T | undefined> {
    return (await this.read(tenantId, `t.tenant_id = $1 AND t.${this.id} = $2`, [tenantId, id]))[0];
  }

  private read(tenantId: string, rest: string, values: readonly unknown[]): Promise<T[]> {
    const columns = selectList(this.table, 't') + (this.more === undefined ? '' : `, ${this.more}`);
    return this.database.tenantTransaction(tenantId, (tx) => rowsOf<T & object>(tx, `SELECT ${columns} FROM ${this.table.name} t WHERE ${rest}`, values));
  }
}

/** What is configured; the retired too, where asked for. `queues.list(tenantId, filter, page)`, `queues.one(tenantId, id)` and so on. */
export class ConfigurationQueries {
  readonly queues: Listing<ConfiguredQueue>;
  readonly agents: Listing<ConfiguredAgent>;
  readonly numbers: Listing<ConfiguredNumber>;
  private readonly nodes: Listing<ConfiguredNode>;

  constructor(private readonly database: TenantDatabase) {
    this.queues = new Listing<ConfiguredQueue>(database, queuesTable, 'queue_id', ({ queueId }) => queueId, MEMBERS_OF_QUEUE);
    this.agents = new Listing<ConfiguredAgent>(database, agentsTable, 'agent_id', ({ agentId }) => agentId, QUEUES_OF_AGENT);
    this.numbers = new Listing<ConfiguredNumber>(database, numbersTable, 'number_id', ({ numberId }) => numberId);
    this.nodes = new Listing<ConfiguredNode>(database, nodesTable, 'node_id', ({ nodeId }) => nodeId);
  }

  /** The tenant's own settings; undefined where it was never created (the operator's own tenant). */
  async tenant(tenantId: string): Promise<ConfiguredTenant | undefined> {
    const sql = `SELECT t.tenant_id AS "tenantId", t.settings, t.retired, ${isoSql('t.created_at')} AS "createdAt" FROM ${TENANTS} t WHERE t.tenant_id = $1`;
    return (await this.database.tenantTransaction(tenantId, (tx) => rowsOf<ConfiguredTenant>(tx, sql, [tenantId])))[0];
  }

  /** For operators: media nodes, without their passwords. */
  listNodes(filter: ConfigurationFilter, page: PageRequest): Promise<Page<ConfiguredNode>> {
    return this.nodes.list(SYSTEM_TENANT, filter, page);
  }

  node(nodeId: string): Promise<ConfiguredNode | undefined> {
    return this.nodes.one(SYSTEM_TENANT, nodeId);
  }

  /** For operators: a node's gaps, newest first. */
  async gaps(nodeId: string, { limit, cursor }: PageRequest): Promise<Page<NodeGap>> {
    const after = cursorKey(gapsTable.name, cursor, ['instant', 'text']);
    const conditions = new Conditions().where(SYSTEM_TENANT, (p) => `g.tenant_id = ${p}`).where(nodeId, (p) => `g.node_id = ${p}`);
    if (after !== undefined) conditions.always(`(g.from_at, g.gap_id COLLATE "C") < (${conditions.parameter(after[0])}::timestamptz, ${conditions.parameter(after[1])})`);
    const sql = `SELECT ${selectList(gapsTable, 'g')} FROM ${gapsTable.name} g WHERE ${conditions.sql} ORDER BY g.from_at DESC, g.gap_id COLLATE "C" DESC LIMIT ${conditions.parameter(limit + 1)}`;
    const found = await this.database.tenantTransaction(SYSTEM_TENANT, (tx) => rowsOf<NodeGap>(tx, sql, conditions.values));
    return pageFrom(gapsTable.name, found, limit, ({ fromAt, gapId }) => [fromAt, gapId]);
  }
}
