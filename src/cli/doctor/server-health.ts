import type { Clock } from '../../kernel/clock.js';
import type { Database } from '../../platform/postgres/database.js';
import { agoText, type Report } from './report.js';

const CLOCK_LIMIT_MS = 1_000;
/** A transaction that is open for longer keeps dead rows from being removed, and may hold locks. */
const LONG_TRANSACTION_S = 300;
const CONNECTIONS_LEFT = 10;
const DEAD_ROWS = 100_000;
const GIB = 1024 ** 3;

/** How the server of the database is: what no single query of the engine would tell. */
export const tellServerHealth = async (report: Report, database: Database, clock: Clock): Promise<void> => {
  const before = clock.now();
  const { rows } = await database.query<{ now: number; size: string; used: number; most: number; standby: boolean }>(
    `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now, pg_database_size(current_database())::text AS size, (SELECT count(*) FROM pg_stat_activity)::int AS used,
      current_setting('max_connections')::int AS most, pg_is_in_recovery() AS standby`,
  );
  const { now = 0, size = '0', used = 0, most = 0, standby = false } = rows[0] ?? {};
  // Asked halfway between the question and the answer.
  const offset = Math.round(now - (before + clock.now()) / 2);
  report.fact('its clock', `${offset >= 0 ? '+' : ''}${offset} ms from this machine's`);
  report.fact('size of the database', `${(Number(size) / GIB).toFixed(2)} GiB`);
  report.fact('connections', `${used} of ${most}`);
  if (Math.abs(offset) > CLOCK_LIMIT_MS) report.problem('database-clock', `the clock of PostgreSQL is ${offset} ms off this machine's`, 'run chrony or ntpd on both; leases run by the clock of the database, calls by that of this machine');
  if (standby) report.problem('database-standby', 'this PostgreSQL is a standby and takes no writes', 'promote it, or let DATABASE_URL name the primary');
  if (most - used < CONNECTIONS_LEFT) report.problem('connections-short', `${used} of ${most} connections are taken`, 'raise max_connections, or find who holds them: SELECT application_name, count(*) FROM pg_stat_activity GROUP BY 1; a process of Trunkline needs up to 18');
  await tellLongTransactions(report, database);
  await tellDeadRows(report, database);
};

const tellLongTransactions = async (report: Report, database: Database): Promise<void> => {
  const { rows } = await database.query<{ pid: number; name: string; state: string; seconds: number; blocks: number }>(
    `SELECT a.pid, coalesce(nullif(a.application_name, ''), 'unnamed') AS name, coalesce(a.state, '') AS state, extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds,
      (SELECT count(*) FROM pg_stat_activity b WHERE a.pid = ANY(pg_blocking_pids(b.pid)))::int AS blocks
      FROM pg_stat_activity a WHERE a.datname = current_database() AND a.xact_start IS NOT NULL AND a.pid <> pg_backend_pid() ORDER BY a.xact_start`,
  );
  const long = rows.filter(({ seconds, blocks }) => seconds > LONG_TRANSACTION_S || blocks > 0);
  report.fact('oldest transaction', rows[0] === undefined ? 'none' : `${agoText(rows[0].seconds * 1000)}, ${rows[0].name}`);
  for (const { pid, name, state, seconds, blocks } of long) {
    if (seconds < 5 && blocks > 0) continue;
    report.problem('transaction-long', `a transaction of ${name} (pid ${pid}, ${state}) is open for ${agoText(seconds * 1000)}${blocks > 0 ? ` and ${blocks} others wait for it` : ''}`, `end it if it is nobody's: SELECT pg_terminate_backend(${pid})`);
  }
};

const tellDeadRows = async (report: Report, database: Database): Promise<void> => {
  const { rows } = await database.query<{ name: string; live: string; dead: string; vacuumed: string | null }>(
    `SELECT schemaname || '.' || relname AS name, n_live_tup::text AS live, n_dead_tup::text AS dead, greatest(last_vacuum, last_autovacuum)::text AS vacuumed FROM pg_stat_user_tables
      WHERE n_dead_tup > $1 AND n_dead_tup > n_live_tup ORDER BY n_dead_tup DESC`,
    [DEAD_ROWS],
  );
  for (const { name, live, dead, vacuumed } of rows) {
    report.problem('table-bloated', `${name} has ${dead} dead rows beside ${live} live ones; vacuumed ${vacuumed ?? 'never'}`, `is autovacuum on, and no transaction open for long? Then: VACUUM ${name}`);
  }
};
