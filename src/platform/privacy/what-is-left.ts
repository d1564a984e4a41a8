import type { Database } from '../postgres/database.js';

/** Where rows lie that had a key, or what it encrypted. */
const TABLES = ['trunkline_subject_keys'] as const;

/**
 * PostgreSQL keeps what was overwritten until it needs the room: destroyed keys (wrapped, so that only who
 * has the master key could use them) lie in old row versions and in the write-ahead log. This rewrites the
 * tables and moves on in the log, whose old files are reused or removed with the next checkpoints. The tables are locked
 * meanwhile. Answers what was done, in words.
 */
export const rewriteWhatIsLeft = async (database: Database): Promise<string[]> => {
  const done: string[] = [];
  for (const table of TABLES) {
    await database.query(`VACUUM (FULL) ${table}`);
    done.push(`${table} was written anew.`);
  }
  try {
    // A segment is reused after the second checkpoint that does not need it.
    for (let i = 0; i < 2; i += 1) {
      await database.query('SELECT pg_switch_wal()');
      await database.query('CHECKPOINT');
    }
    done.push('The write-ahead log was moved on; its old files are reused or removed by and by.');
  } catch (error) {
    done.push(`The write-ahead log could not be moved on (${error instanceof Error ? error.message : String(error)}): have a superuser run "SELECT pg_switch_wal(); CHECKPOINT;" twice.`);
  }
  return done;
};
