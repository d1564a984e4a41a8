import type { TenantDatabase } from '../shared/reading.js';

/** How many callers wait in a queue of the tenant now. */
export const waitingInQueue =
  (database: TenantDatabase) =>
  (tenantId: string, queueId: string): Promise<number> =>
    database.tenantTransaction(tenantId, async (tx) => {
      const { rows } = await tx.query<{ waiting: number }>('SELECT count(*)::int AS waiting FROM live_calls WHERE tenant_id = $1 AND queue_id = $2 AND segment_id IS NOT NULL', [tenantId, queueId]);
      return rows[0]?.waiting ?? 0;
    });
