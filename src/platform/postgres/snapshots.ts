import type { Json } from '../../kernel/event.js';
import type { Snapshot, SnapshotStore } from '../event-store/snapshots.port.js';
import type { Database } from './database.js';

/** A snapshot never replaces a newer one of the same version. */
const SAVE = `INSERT INTO trunkline_snapshots AS old (name, revision, version, state) VALUES ($1, $2, $3, $4)
  ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, version = excluded.version, state = excluded.state, saved_at = now()
  WHERE old.version <> excluded.version OR old.revision <= excluded.revision`;

/** Snapshots as JSON text in one table. */
export class PostgresSnapshots implements SnapshotStore {
  constructor(private readonly database: Database) {}

  async load(name: string): Promise<Snapshot | undefined> {
    const { rows } = await this.database.query<{ revision: string; version: number; state: Json }>('SELECT revision, version, state FROM trunkline_snapshots WHERE name = $1', [name]);
    return rows[0] === undefined ? undefined : { revision: BigInt(rows[0].revision), version: rows[0].version, state: rows[0].state };
  }

  async save(name: string, { revision, version, state }: Snapshot): Promise<void> {
    await this.database.query(SAVE, [name, revision.toString(), version, JSON.stringify(state)]);
  }
}
