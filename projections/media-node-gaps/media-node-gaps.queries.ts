import type { Page, PageRequest } from '../../src/platform/http/pages.js';
import type { GapCause } from '../../src/telephony/contract/configuration-events.js';
import { cursorKey, pageFrom } from '../shared/paging.js';
import { Conditions, rowsOf, selectList, type TenantDatabase } from '../shared/reading.js';
import { GAPS, gapsTable } from './media-node-gaps.projection.js';

/** Times ISO 8601 UTC; what is null is not known while the gap is open. */
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
  readonly callsAffected: number | null;
}

const LIST = 'media-node-gaps';

/** Gaps of media nodes; nodes belong to the operator's own tenant. */
export class MediaNodeGapsQueries {
  constructor(private readonly database: TenantDatabase) {}

  /** Newest first; of all nodes of the tenant where none is named. */
  async list(tenantId: string, nodeId: string | undefined, { limit, cursor }: PageRequest): Promise<Page<NodeGap>> {
    const after = cursorKey(LIST, cursor, ['instant', 'text']);
    const conditions = new Conditions().where(tenantId, (p) => `g.tenant_id = ${p}`).where(nodeId, (p) => `g.node_id = ${p}`);
    if (after !== undefined) conditions.always(`(g.from_at, g.gap_id COLLATE "C") < (${conditions.parameter(after[0])}::timestamptz, ${conditions.parameter(after[1])})`);
    const sql = `SELECT ${selectList(gapsTable, 'g')} FROM ${GAPS} g WHERE ${conditions.sql} ORDER BY g.from_at DESC, g.gap_id COLLATE "C" DESC LIMIT ${conditions.parameter(limit + 1)}`;
    const found = await this.database.tenantTransaction(tenantId, (tx) => rowsOf<NodeGap>(tx, sql, conditions.values));
    return pageFrom(LIST, found, limit, ({ fromAt, gapId }) => [fromAt, gapId]);
  }
}
