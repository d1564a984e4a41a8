import { saveCheckpoint } from '../postgres/checkpoints.js';
import type { Database } from '../postgres/database.js';
import { assertLeaseCurrent } from '../postgres/leases.js';
import type { LeaseToken } from '../subscriptions/leases.port.js';
import type { KeptTimers, StoredTimer, TimerChanges, TimerStore } from './timer-store.port.js';
import type { TimerCommand } from './timers.js';

interface TimerRow {
  readonly key: string;
  readonly rule: string;
  readonly due_at: Date;
  readonly tenant_id: string;
  readonly correlation_id: string;
  readonly causation_id: string;
  readonly command: TimerCommand;
}

const LOAD = 'SELECT key, rule, due_at, tenant_id, correlation_id, causation_id, command FROM trunkline_timers WHERE runner = $1';
const SET = `INSERT INTO trunkline_timers (runner, key, rule, due_at, tenant_id, correlation_id, causation_id, command)
  SELECT $1, t."key", t."rule", t."dueAt", t."tenantId", t."correlationId", t."causationId", t."command"
  FROM json_to_recordset($2::json) AS t ("key" text, "rule" text, "dueAt" timestamptz, "tenantId" text, "correlationId" text, "causationId" text, "command" json)
  ON CONFLICT (runner, key) DO UPDATE SET rule = excluded.rule, due_at = excluded.due_at, tenant_id = excluded.tenant_id,
    correlation_id = excluded.correlation_id, causation_id = excluded.causation_id, command = excluded.command`;
const GONE = 'DELETE FROM trunkline_timers WHERE runner = $1 AND key = ANY($2::text[])';

export class PostgresTimerStore implements TimerStore {
  constructor(private readonly database: Database) {}

  async load(runner: string): Promise<KeptTimers | undefined> {
    return this.database.transaction(
      async (tx): Promise<KeptTimers | undefined> => {
        const checkpoint = await tx.query<{ position: string; log_id: string }>('SELECT position, log_id FROM trunkline_checkpoints WHERE name = $1', [runner]);
        const found = checkpoint.rows[0];
        if (found === undefined) return undefined;
        const { rows } = await tx.query<TimerRow>(LOAD, [runner]);
        const timers = rows.map((row): StoredTimer => ({
          key: row.key, rule: row.rule, dueAt: row.due_at.toISOString(), tenantId: row.tenant_id, correlationId: row.correlation_id, causationId: row.causation_id, command: row.command,
        }));
        return { position: BigInt(found.position), logId: found.log_id, timers };
      },
      { isolation: 'repeatable read', readOnly: true },
    );
  }

  async save(runner: string, { set, gone }: TimerChanges, checkpoint: { readonly position: bigint; readonly logId: string }, lease?: LeaseToken): Promise<void> {
    await this.database.transaction(async (tx) => {
      if (lease !== undefined) await assertLeaseCurrent(tx, lease);
      if (gone.length > 0) await tx.query(GONE, [runner, gone]);
      if (set.length > 0) await tx.query(SET, [runner, JSON.stringify(set)]);
      await saveCheckpoint(tx, runner, checkpoint);
    });
  }
}
