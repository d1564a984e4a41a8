import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { Database } from '../../src/platform/postgres/database.js';
import { SchemaMismatch, runMigrations } from '../../src/platform/postgres/migrations.js';
import { freshDatabase } from '../support/postgres.js';
import type { FreshDatabase } from '../support/postgres.js';
import { SLOW_MIGRATIONS } from '../support/migrating-process.js';

jest.setTimeout(60_000);

let fresh: FreshDatabase;
let database: Database;
beforeEach(async () => {
  fresh = await freshDatabase();
  database = new Database(fresh.pool);
});
afterEach(async () => {
  await database.close();
  await fresh.drop();
});

const A = { id: '0001-a', sql: 'CREATE TABLE a (n int)' };
const B = { id: '0002-b', sql: 'CREATE TABLE b (n int); INSERT INTO b VALUES (1)' };
const tables = async (): Promise<string[]> =>
  (await database.query<{ name: string }>(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'trunkline_migrations' ORDER BY 1`)).rows.map(({ name }) => name);

describe('migrations', () => {
  test('run once, in order, and each set on its own', async () => {
    expect(await runMigrations(database, 'one', [A])).toEqual(['0001-a']);
    expect(await runMigrations(database, 'one', [A, B])).toEqual(['0002-b']);
    expect(await runMigrations(database, 'one', [A, B])).toEqual([]);
    expect(await runMigrations(database, 'other', [{ id: '0001-a', sql: 'CREATE TABLE c (n int)' }])).toEqual(['0001-a']);
    expect(await tables()).toEqual(['a', 'b', 'c']);
  });

  test('one that fails leaves nothing of itself, keeps those before it, and runs again when put right', async () => {
    const broken = { id: '0002-b', sql: 'CREATE TABLE b (n int); SELECT no_such_function()' };
    await expect(runMigrations(database, 'one', [A, broken])).rejects.toThrow(/no_such_function/);
    expect(await tables()).toEqual(['a']);
    expect(await runMigrations(database, 'one', [A, B])).toEqual(['0002-b']);
  });

  test('a database that is newer than the program is refused', async () => {
    await runMigrations(database, 'one', [A, B]);
    await expect(runMigrations(database, 'one', [A])).rejects.toThrow(/newer than this program.*0002-b/);
  });

  test('a database to which a newer program has only added is gone on with, beside it and after it', async () => {
    const added = { ...B, additive: true as const };
    expect(await runMigrations(database, 'one', [A, added])).toEqual(['0001-a', '0002-b']);
    expect(await runMigrations(database, 'one', [A])).toEqual([]);
    expect(await runMigrations(database, 'one', [A, added, { id: '0003-c', sql: 'CREATE TABLE c (n int)' }])).toEqual(['0003-c']);
    await expect(runMigrations(database, 'one', [A])).rejects.toThrow(/newer than this program.*0003-c/);
    await expect(runMigrations(database, 'one', [A, added])).rejects.toThrow(/newer than this program.*0003-c/);
  });

  test('an edited, a slipped-in and an unordered migration are refused', async () => {
    await runMigrations(database, 'one', [A, B]);
    await expect(runMigrations(database, 'one', [A, { ...B, sql: 'SELECT 1' }])).rejects.toThrow(/0002-b of one was changed/);
    await expect(runMigrations(database, 'one', [A, { id: '0001-z', sql: 'SELECT 1' }, B])).rejects.toThrow(/0001-z of one was never applied/);
    await expect(runMigrations(database, 'one', [B, A])).rejects.toThrow(SchemaMismatch);
  });

  test('two processes that start at once apply each migration once, between them', async () => {
    const child = fileURLToPath(new URL('../support/migrating-process.ts', import.meta.url));
    const hooks = fileURLToPath(new URL('../support/register-swc.mjs', import.meta.url));
    const run = async (): Promise<string[]> => JSON.parse((await promisify(execFile)(process.execPath, ['--import', hooks, child, JSON.stringify(fresh.pool)])).stdout) as string[];
    const done = await Promise.all([run(), run()]);
    expect(done.flat().sort()).toEqual(SLOW_MIGRATIONS.map(({ id }) => id));
    expect(await tables()).toEqual(SLOW_MIGRATIONS.map(({ id }) => `step_${id}`));
  });
});
