import { isoTime } from '../../kernel/clock.js';
import type { ParkedEvent, ParkedEvents } from '../subscriptions/parked-events.port.js';
import type { Database, Queryable } from './database.js';

interface ParkedRow {
  runner: string;
  lane: string;
  position: string;
  stream: string;
  revision: string;
  event_id: string;
  event_type: string;
  error: string;
  parked_at: Date;
}

const PARK = `INSERT INTO trunkline_parked_events (runner, lane, position, stream, revision, event_id, event_type, error, parked_at)
  SELECT runner, lane, position, stream, revision, event_id, event_type, error, parked_at FROM jsonb_to_recordset($1::jsonb)
    AS r(runner text, lane text, position bigint, stream text, revision bigint, event_id uuid, event_type text, error text, parked_at timestamptz)
  ON CONFLICT (runner, position) DO UPDATE SET error = excluded.error WHERE excluded.error <> ''`;

/** The event was handled after all, in the transaction that writes what came of it. */
export const unpark = async (tx: Queryable, runner: string, position: bigint): Promise<void> => {
  await tx.query('DELETE FROM trunkline_parked_events WHERE runner = $1 AND position = $2 AND skipped_at IS NULL', [runner, position.toString()]);
};

/** Long messages are cut; what PostgreSQL cannot keep is replaced. */
const errorText = (error: string): string => error.slice(0, 2_000).replace(/[\0\p{Surrogate}]/gu, '\ufffd');

export class PostgresParkedEvents implements ParkedEvents {
  constructor(private readonly database: Database) {}

  async park(events: readonly ParkedEvent[]): Promise<void> {
    const rows = events.map((event) => ({
      runner: event.runner,
      lane: event.lane,
      position: event.position.toString(),
      stream: event.stream,
      revision: event.revision.toString(),
      event_id: event.eventId,
      event_type: event.eventType,
      error: errorText(event.error),
      parked_at: event.parkedAt,
    }));
    await this.database.query(PARK, [JSON.stringify(rows)]);
  }

  async waiting(runner?: string): Promise<ParkedEvent[]> {
    const { rows } = await this.database.query<ParkedRow>(
      `SELECT * FROM trunkline_parked_events WHERE skipped_at IS NULL AND ($1::text IS NULL OR runner = $1) ORDER BY position, runner`,
      [runner ?? null],
    );
    return rows.map((row) => ({
      runner: row.runner,
      lane: row.lane,
      position: BigInt(row.position),
      stream: row.stream,
      revision: BigInt(row.revision),
      eventId: row.event_id,
      eventType: row.event_type,
      error: row.error,
      parkedAt: isoTime(row.parked_at.getTime()),
    }));
  }

  async retry(runner: string, lane: string): Promise<number> {
    const { rowCount } = await this.database.query('UPDATE trunkline_parked_events SET asked = true WHERE runner = $1 AND lane = $2 AND skipped_at IS NULL', [runner, lane]);
    return rowCount ?? 0;
  }

  async skip(runner: string, position: bigint, reason: string, by: string): Promise<boolean> {
    if (reason.trim() === '') throw new TypeError('skipping an event needs a reason; got an empty one');
    const { rowCount } = await this.database.query(
      'UPDATE trunkline_parked_events SET asked = true, skipped_at = now(), skip_reason = $3, skipped_by = $4 WHERE runner = $1 AND position = $2 AND skipped_at IS NULL',
      [runner, position.toString(), reason, by],
    );
    return rowCount === 1;
  }

  async asked(runner: string): Promise<string[]> {
    const { rows } = await this.database.query<{ lane: string }>('SELECT DISTINCT lane FROM trunkline_parked_events WHERE runner = $1 AND asked ORDER BY lane', [runner]);
    return rows.map(({ lane }) => lane);
  }

  async answered(runner: string, lane: string): Promise<void> {
    await this.database.query('UPDATE trunkline_parked_events SET asked = false WHERE runner = $1 AND lane = $2 AND asked', [runner, lane]);
  }

  async handled(runner: string, position: bigint): Promise<void> {
    await unpark(this.database, runner, position);
  }

  async clear(runner: string): Promise<void> {
    await this.database.query('DELETE FROM trunkline_parked_events WHERE runner = $1 AND skipped_at IS NULL', [runner]);
  }
}
