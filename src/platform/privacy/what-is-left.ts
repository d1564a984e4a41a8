import { type Clock, sleep } from '../../kernel/clock.js';
import type { Database } from '../postgres/database.js';

/** Where rows lie that had a key, or what it encrypted. */
const TABLES = ['trunkline_subject_keys'] as const;

/** Longest wait for transactions that began before, ms. */
const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 50;

const OLDER = `SELECT count(*)::int AS older FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database() AND age(backend_xmin) > age($1::xid)`;

/** What a transaction that is still open might look at is kept by every rewriting. True when none is left that began before now. */
const olderAreOver = async (database: Database, clock: Clock): Promise<boolean> => {
  const { rows } = await database.query<{ now: string }>('SELECT pg_current_xact_id()::xid::text AS now');
  const deadline = clock.now() + PATIENCE_MS;
  for (;;) {
    const found = await database.query<{ older: number }>(OLDER, [rows[0]?.now]);
    if (found.rows[0]?.older === 0) return true;
    if (clock.now() >= deadline) return false;
    await sleep(clock, LOOK_EVERY_MS);
  }
};

/**
 * PostgreSQL keeps what was overwritten until it needs the room: destroyed keys (wrapped, so that only who
 * has the master key could use them) lie in old row versions and in the write-ahead log. This rewrites the
 * tables and moves on in the log, whose old files are reused or removed with the next checkpoints. The tables are locked
 * meanwhile. Answers what was done, in words.
 */
export const rewriteWhatIsLeft = async (database: Database, clock: Clock): Promise<string[]> => {
  const done: string[] = [];
  if (!(await olderAreOver(database, clock))) done.push('A transaction that began before is still open: what it might look at stays. End it and repeat this (SELECT * FROM pg_stat_activity WHERE backend_xmin IS NOT NULL).');
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
