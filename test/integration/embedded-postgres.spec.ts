import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import pg from 'pg';
import { sleep } from '../../src/kernel/clock.js';
import { runningServer } from '../../src/platform/embedded/cluster-files.js';
import { EmbeddedPostgresError, startEmbeddedPostgres } from '../../src/platform/embedded/embedded-postgres.js';
import type { EmbeddedPostgres } from '../../src/platform/embedded/embedded-postgres.js';
import { stopServer } from '../../src/platform/embedded/postgres-server.js';
import { identityOf } from '../../src/platform/embedded/process-identity.js';
import { AlarmCounter } from '../../src/platform/observability/alarms.port.js';
import { KeptPostgres } from '../../src/platform/embedded/kept-postgres.js';
import { canEnter } from '../../src/platform/embedded/server-account.js';
import { embeddedProcess } from '../support/embedded-process.js';
import type { EmbeddedProcess } from '../support/embedded-process.js';
import { eventually } from '../support/engine.js';
import { realClock } from '../support/test-server.js';

jest.setTimeout(120_000);

const root = process.getuid?.() === 0;
const NOBODY = { uid: 65534, gid: 65534 };

let directory: string;
const servers: EmbeddedPostgres[] = [];
const processes: EmbeddedProcess[] = [];

const start = async (dataDir = directory): Promise<EmbeddedPostgres> => {
  const server = await startEmbeddedPostgres({ dataDir, clock: realClock });
  servers.push(server);
  return server;
};
const second = (dataDir = directory, ids = {}): EmbeddedProcess => {
  const other = embeddedProcess(dataDir, ids);
  processes.push(other);
  return other;
};
const ask = async <Row extends pg.QueryResultRow>(config: pg.PoolConfig, sql: string): Promise<Row[]> => {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
};
const serverPid = (): number | undefined => runningServer(join(directory, 'data'))?.pid;

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'embedded-')), 'pg');
  chmodSync(join(directory, '..'), 0o755);
});
afterEach(async () => {
  for (const other of processes.splice(0)) await other.kill();
  for (const server of servers.splice(0).reverse()) await server.stop();
  const orphan = runningServer(join(directory, 'data'));
  if (orphan !== undefined) await stopServer(realClock, orphan);
  rmSync(join(directory, '..'), { recursive: true, force: true });
});

/** From its next start on the server lets nobody in, or whoever it let in before. */
const doors = (open: boolean): void => {
  const hba = join(directory, 'data', 'pg_hba.conf');
  const rules = readFileSync(hba, 'utf8');
  writeFileSync(hba, open ? rules.replaceAll(/^local(.*)reject$/gm, 'local$1trust') : rules.replaceAll(/^local(.*)trust$/gm, 'local$1reject'));
};

describe('an embedded PostgreSQL that is kept', () => {
  it('is started again in the same place when it has ended, with all that was committed', async () => {
    const alarms = new AlarmCounter();
    const kept = await KeptPostgres.start({ dataDir: directory, clock: realClock }, alarms);
    try {
      const config = kept.pool();
      await ask(config, 'CREATE TABLE t AS SELECT 1 AS n');
      const first = serverPid()!;
      process.kill(first, 'SIGKILL');
      await eventually('another server runs', () => runningServer(join(directory, 'data'))?.status === 'ready' && serverPid() !== first, 60_000);
      expect([await ask(config, 'SELECT n FROM t'), kept.pool(), alarms.count('embedded-database-ended')]).toEqual([[{ n: 1 }], config, 1]);
    } finally {
      await kept.stop();
    }
    expect(serverPid()).toBeUndefined();
  });

  test('is not made anew where its files are away for a while, and is looked after again however often it could not be looked at', async () => {
    const alarms = new AlarmCounter();
    const kept = await KeptPostgres.start({ dataDir: directory, clock: realClock }, alarms);
    const data = join(directory, 'data');
    try {
      await ask(kept.pool(), 'CREATE TABLE t AS SELECT 1 AS n');
      const first = serverPid()!;
      renameSync(data, `${data}.away`);
      await eventually('the files are missed', () => alarms.count('embedded-database-not-started') >= 2, 20_000);
      expect(existsSync(data)).toBe(false);
      renameSync(`${data}.away`, data);
      renameSync(join(data, 'postmaster.pid'), join(data, 'postmaster.kept'));
      mkdirSync(join(data, 'postmaster.pid'));
      const before = alarms.count('embedded-database-not-started');
      await eventually('it cannot be looked at', () => alarms.count('embedded-database-not-started') >= before + 2, 20_000);
      rmdirSync(join(data, 'postmaster.pid'));
      renameSync(join(data, 'postmaster.kept'), join(data, 'postmaster.pid'));
      expect([await ask(kept.pool(), 'SELECT n FROM t'), serverPid(), alarms.count('embedded-database-ended')]).toEqual([[{ n: 1 }], first, 0]);
    } finally {
      await kept.stop();
    }
  });

  test('is not left running where it was launched and lets nobody in, and is started again until it does', async () => {
    const alarms = new AlarmCounter();
    const kept = await KeptPostgres.start({ dataDir: directory, clock: realClock }, alarms);
    try {
      doors(false);
      process.kill(serverPid()!, 'SIGKILL');
      await eventually('it is tried again', () => alarms.count('embedded-database-not-started') >= 2, 60_000);
      doors(true);
      await eventually('it lets in', () => ask(kept.pool(), 'SELECT 1').then(() => true, () => false), 60_000);
    } finally {
      await kept.stop();
    }
    expect(serverPid()).toBeUndefined();
  });
});

describe('the embedded PostgreSQL', () => {
  test('starts from nothing with durable settings, reachable through its socket only, and keeps its data over a restart', async () => {
    const first = await start();
    expect(first.attached).toBe(false);
    const [settings] = await ask(
      first.pool(),
      `SELECT current_database() AS db, current_setting('listen_addresses') AS tcp, current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS sync,
              current_setting('max_connections') AS connections, current_setting('shared_buffers') AS buffers, current_setting('TimeZone') AS zone,
              current_setting('server_encoding') AS encoding, (SELECT string_agg(x, '' ORDER BY x) FROM unnest(ARRAY['é', 'a', 'B']) x) AS sorted, upper('é') AS upper`,
    );
    expect(settings).toEqual({ db: 'trunkline', tcp: '', fsync: 'on', sync: 'on', connections: '60', buffers: '128MB', zone: 'UTC', encoding: 'UTF8', sorted: 'Baé', upper: 'É' });
    await ask(first.pool(), 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    await first.stop();
    expect(serverPid()).toBeUndefined();
    const again = await start();
    expect(again.attached).toBe(false);
    expect(await ask(again.pool(), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  test('a second start attaches while the owner lives, and its stop leaves the server to the owner', async () => {
    const owner = await start();
    const pid = serverPid();
    const other = second();
    const report = await other.report;
    expect(report).toEqual({ attached: true, pool: owner.pool() });
    await other.stop();
    const sameProcess = await start();
    expect(sameProcess.attached).toBe(true);
    await sameProcess.stop();
    expect(serverPid()).toBe(pid);
    expect(await ask(owner.pool(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('two processes that start at once on an empty directory share one server', async () => {
    const reports = await Promise.all([second().report, second().report]);
    expect(reports.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(reports.map(({ attached }) => attached).sort()).toEqual([false, true]);
    await ask(reports[0].pool, 'CREATE TABLE shared AS SELECT 7 AS n');
    expect(await ask(reports[1].pool, 'SELECT n FROM shared')).toEqual([{ n: 7 }]);
    expect(readdirSync(directory).filter((name) => name.startsWith('data.'))).toEqual([]);
  });

  test('after a kill -9 of the owner the next start takes over, and what was committed is there', async () => {
    const owner = second();
    const { pool } = await owner.report;
    await ask(pool, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const orphan = serverPid();
    await owner.kill();
    expect(serverPid()).toBe(orphan);
    const next = await start();
    expect(next.attached).toBe(false);
    expect(serverPid()).not.toBe(orphan);
    expect(await ask(next.pool(), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  test('after a kill -9 of owner and server the next start recovers, though the process id in the lock file is somebody else\'s now', async () => {
    const owner = second();
    const { pool } = await owner.report;
    await ask(pool, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const pid = serverPid();
    if (pid === undefined) throw new Error('the server should run');
    await owner.kill();
    process.kill(pid, 'SIGKILL');
    while (identityOf(pid) !== undefined) await sleep(realClock, 20);
    const lock = join(directory, 'data', 'postmaster.pid');
    writeFileSync(lock, readFileSync(lock, 'utf8').replace(/^\d+/, String(process.pid)));
    const next = await start();
    expect(await ask(next.pool(), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  test('an initdb that was killed half way is redone and leaves nothing behind', async () => {
    const victim = second();
    const unfinished = (): string | undefined => (existsSync(directory) ? readdirSync(directory).find((name) => name.startsWith('data.init-')) : undefined);
    while (unfinished() === undefined || !existsSync(join(directory, unfinished() ?? '', 'base'))) await sleep(realClock, 5);
    await victim.kill();
    expect(existsSync(join(directory, 'data'))).toBe(false);
    const next = await start();
    expect(await ask(next.pool(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(unfinished()).toBeUndefined();
  });

  test('a data directory that is no complete cluster is set aside, not deleted', async () => {
    mkdirSync(join(directory, 'data', 'base'), { recursive: true });
    writeFileSync(join(directory, 'data', 'PG_VERSION'), '18\n');
    const server = await start();
    expect(await ask(server.pool(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(readdirSync(directory).filter((name) => name.startsWith('data.incomplete-'))).toHaveLength(1);
  });

  test('a directory with a path that is too long for a socket works as well', async () => {
    const server = await start(join(directory, 'a-very-long-name-'.repeat(8)));
    expect(String(server.pool().host).length).toBeLessThan(60);
    expect(await ask(server.pool(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
    expect(existsSync(String(server.pool().host))).toBe(false);
  });

  test('data of another major version is refused with what to do, and stays as it is', async () => {
    const server = await start();
    await server.stop();
    const version = join(directory, 'data', 'PG_VERSION');
    writeFileSync(version, '9\n');
    const refused = start();
    await expect(refused).rejects.toThrow(EmbeddedPostgresError);
    await expect(refused).rejects.toThrow(/made by PostgreSQL 9.*install PostgreSQL 9.*DATABASE_URL/s);
    writeFileSync(version, `18\n`);
  });

  (root ? test : test.skip)('root keeps the data where its server can get at it, when the requested place is closed to all others', async () => {
    chmodSync(join(directory, '..'), 0o700);
    const server = await start();
    const moved = readFileSync(join(directory, 'RELOCATED'), 'utf8').trim();
    try {
      await ask(server.pool(), 'CREATE TABLE kept AS SELECT 42 AS answer');
      await server.stop();
      chmodSync(join(directory, '..'), 0o755);
      const again = await start();
      expect(await ask(again.pool(), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
      await again.stop();
    } finally {
      rmSync(moved, { recursive: true, force: true });
      if (readdirSync(dirname(moved)).length === 0) rmdirSync(dirname(moved));
    }
  });

  (root ? test : test.skip)('works for an ordinary user, and tells another one whose data it is', async () => {
    const project = fileURLToPath(new URL('../..', import.meta.url));
    if (!(await canEnter({ name: 'nobody', ...NOBODY }, project))) return;
    chownSync(join(directory, '..'), NOBODY.uid, NOBODY.gid);
    const ordinary = second(directory, NOBODY);
    const report = await ordinary.report;
    expect(report).toMatchObject({ attached: false, pool: { database: 'trunkline' } });
    const attached = await start();
    expect(attached.attached).toBe(true);
    expect(await ask(attached.pool(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const stranger = await second(directory, { uid: 12_345, gid: 12_345 }).report;
    expect(stranger.error).toMatch(/belongs to another user/);
    await ordinary.stop();
    expect(serverPid()).toBeUndefined();
    const asRoot = await start();
    expect(asRoot.attached).toBe(false);
    expect(await ask(asRoot.pool(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
