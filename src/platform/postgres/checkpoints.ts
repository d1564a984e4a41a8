import type { Checkpoint, Checkpoints } from '../subscriptions/checkpoints.port.js';
import type { LeaseToken } from '../subscriptions/leases.port.js';
import type { Database, Queryable } from './database.js';
import { assertLeaseCurrent } from './leases.js';

const SAVE = `INSERT INTO trunkline_checkpoints (name, position, log_id) VALUES ($1, $2, $3)
  ON CONFLICT (name) DO UPDATE SET position = excluded.position, log_id = excluded.log_id, saved_at = now()`;

/** Writes a checkpoint within a transaction that writes what belongs to it. */
export const saveCheckpoint = async (tx: Queryable, name: string, { position, logId }: Checkpoint): Promise<void> => {
  await tx.query(SAVE, [name, position.toString(), logId]);
};

export class PostgresCheckpoints implements Checkpoints {
  constructor(private readonly database: Database) {}

  async load(name: string): Promise<Checkpoint | undefined> {
    const { rows } = await this.database.query<{ position: string; log_id: string }>('SELECT position, log_id FROM trunkline_checkpoints WHERE name = $1', [name]);
    return rows[0] === undefined ? undefined : { position: BigInt(rows[0].position), logId: rows[0].log_id };
  }

  async save(name: string, checkpoint: Checkpoint, lease?: LeaseToken): Promise<void> {
    if (lease === undefined) return saveCheckpoint(this.database, name, checkpoint);
    await this.database.transaction(async (tx) => {
      await assertLeaseCurrent(tx, lease);
      await saveCheckpoint(tx, name, checkpoint);
    });
  }
}
