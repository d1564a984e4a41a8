import type { Database } from '../../../platform/postgres/database.js';
import { runMigrations } from '../../../platform/postgres/migrations.js';
import type { SwitchCdrInbox, WaitingCdr, WitnessedLeg } from '../../ports/switch-cdr-inbox.port.js';

const MIGRATIONS = [
  {
    id: '0001-inbox',
    sql: `CREATE TABLE trunkline_switch_cdrs (
      switch_session_id text NOT NULL,
      leg_id text NOT NULL,
      witnessed jsonb NOT NULL,
      attempts integer NOT NULL DEFAULT 0,
      due_at timestamptz NOT NULL,
      PRIMARY KEY (switch_session_id, leg_id)
    );
    CREATE INDEX ON trunkline_switch_cdrs (due_at)`,
  },
];

const PUT = `INSERT INTO trunkline_switch_cdrs (switch_session_id, leg_id, witnessed, due_at) VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond') ON CONFLICT DO NOTHING`;
const TAKE = `UPDATE trunkline_switch_cdrs t SET attempts = t.attempts + 1, due_at = now() + $2 * interval '1 millisecond'
  FROM (SELECT switch_session_id, leg_id FROM trunkline_switch_cdrs WHERE due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED) due
  WHERE t.switch_session_id = due.switch_session_id AND t.leg_id = due.leg_id RETURNING t.witnessed, t.attempts`;
const POSTPONE = `UPDATE trunkline_switch_cdrs SET due_at = now() + $3 * interval '1 millisecond' WHERE switch_session_id = $1 AND leg_id = $2`;
const DONE = 'DELETE FROM trunkline_switch_cdrs WHERE switch_session_id = $1 AND leg_id = $2';

const keyOf = ({ switchSessionId, channelId }: WitnessedLeg): readonly string[] => [switchSessionId, channelId];

/** CDRs in a table, shared by all processes. */
export class PostgresCdrInbox implements SwitchCdrInbox {
  constructor(private readonly database: Database) {}

  async migrate(): Promise<void> {
    await runMigrations(this.database, 'switch-cdrs', MIGRATIONS);
  }

  async put(witnessed: WitnessedLeg, dueInMs: number): Promise<void> {
    await this.database.query(PUT, [...keyOf(witnessed), JSON.stringify(witnessed), dueInMs]);
  }

  async take(limit: number, keptMs: number): Promise<readonly WaitingCdr[]> {
    return (await this.database.query<WaitingCdr>(TAKE, [limit, keptMs])).rows;
  }

  async postpone(witnessed: WitnessedLeg, byMs: number): Promise<void> {
    await this.database.query(POSTPONE, [...keyOf(witnessed), byMs]);
  }

  async done(witnessed: WitnessedLeg): Promise<void> {
    await this.database.query(DONE, keyOf(witnessed));
  }
}
