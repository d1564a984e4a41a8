import type { Database } from './database.js';

/** What counts positions in a log: processes, timers, read models, and events that were set aside. */
export interface MovedCheckpoints {
  readonly checkpoints: number;
  readonly readModels: number;
  readonly parkedEvents: number;
}

/** Some process works on this database; what it writes would get lost. */
export class StillInUse extends Error {
  override readonly name = 'StillInUse';
}

/** Where positions of one log are in another; see positionsInCopy. */
export type Translate = (positions: readonly bigint[]) => Promise<readonly bigint[]>;

/**
 * Carries over to a copy of the log everything that says how far somebody has got in it, in one
 * transaction. Snapshots are dropped: they hold positions too, and are made again. Nobody may work
 * on the database meanwhile (StillInUse).
 */
export const moveCheckpoints = async (database: Database, fromLogId: string, toLogId: string, translate: Translate): Promise<MovedCheckpoints> => {
  const { rows: found } = await database.query<{ position: string }>(
    `SELECT position::text FROM trunkline_checkpoints WHERE log_id = $1 UNION SELECT position::text FROM trunkline_projections WHERE log_id = $1 UNION SELECT position::text FROM trunkline_parked_events`,
    [fromLogId],
  );
  const positions = found.map(({ position }) => BigInt(position));
  const translated = await translate(positions);
  const [before, after] = [positions.map(String), translated.map(String)];
  return database.transaction(
    async (tx) => {
      await tx.query('LOCK TABLE trunkline_leases, trunkline_checkpoints, trunkline_projections, trunkline_parked_events IN EXCLUSIVE MODE');
      const { rows: leases } = await tx.query<{ name: string; holder: string }>('SELECT name, holder FROM trunkline_leases WHERE expires_at > clock_timestamp() ORDER BY name');
      if (leases.length > 0) throw new StillInUse(`${leases.map(({ name, holder }) => `${name} is run by ${holder}`).join(', ')}; stop all processes of Trunkline first`);
      const map = 'FROM unnest($1::bigint[], $2::bigint[]) AS moved(before, after)';
      const checkpoints = await tx.query(`UPDATE trunkline_checkpoints c SET position = moved.after, log_id = $4 ${map} WHERE c.log_id = $3 AND c.position = moved.before`, [before, after, fromLogId, toLogId]);
      const readModels = await tx.query(`UPDATE trunkline_projections p SET position = moved.after, log_id = $4, generation = generation + 1 ${map} WHERE p.log_id = $3 AND p.position = moved.before`, [before, after, fromLogId, toLogId]);
      const left = await tx.query('SELECT 1 FROM trunkline_checkpoints WHERE log_id = $1 UNION ALL SELECT 1 FROM trunkline_projections WHERE log_id = $1', [fromLogId]);
      if ((left.rowCount ?? 0) > 0) throw new StillInUse('a checkpoint has moved meanwhile; stop all processes of Trunkline first');
      // Of two parked events of one runner neither may take the other's place on the way: first below zero, then back.
      await tx.query(`UPDATE trunkline_parked_events e SET position = -moved.after ${map} WHERE e.position = moved.before`, [before, after]);
      const parkedEvents = await tx.query('UPDATE trunkline_parked_events SET position = -position WHERE position < 0');
      await tx.query('DELETE FROM trunkline_snapshots');
      return { checkpoints: checkpoints.rowCount ?? 0, readModels: readModels.rowCount ?? 0, parkedEvents: parkedEvents.rowCount ?? 0 };
    },
    { statementTimeoutMs: 0 },
  );
};
