import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import pg from 'pg';
import { readModels } from '../../projections/read-models.js';
import { databaseUrlOf, ensureBuilt, startProgram, trunkline, type Ended } from '../support/built-program.js';
import { eventually } from '../support/engine.js';
import { EventStoreStandIn } from '../support/eventstoredb-stand-in.js';
import { freshDatabase, type FreshDatabase } from '../support/postgres.js';
import { requestAt } from '../support/requests.js';

jest.setTimeout(240_000);

/** Of the read model with the CDRs, and so of its tables. */
const VERSION = readModels.find(({ name }) => name === 'call-history')?.version ?? 0;

/** All commands work on what one demo leaves behind. */
let fresh: FreshDatabase;
let folder: string;
let env: Readonly<Record<string, string>>;
let demo: Ended;

const run = (...args: readonly string[]): Promise<Ended> => trunkline(args, env);
const sql = async <Row extends pg.QueryResultRow>(text: string): Promise<Row[]> => {
  const client = new pg.Client(fresh.pool);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
};

beforeAll(async () => {
  await ensureBuilt();
  fresh = await freshDatabase();
  folder = mkdtempSync(join(tmpdir(), 'trunkline-operator-'));
  env = { TRUNKLINE_DATA_DIR: folder, DATABASE_URL: databaseUrlOf(fresh.pool) };
  demo = await run('demo', '--calls', '40');
});
afterAll(async () => {
  await fresh.drop();
  rmSync(folder, { recursive: true, force: true });
});

describe('trunkline demo', () => {
  it('ends by itself after so many calls, its CDRs equal to what truly happened', () => {
    expect([demo.code, demo.err, demo.out]).toEqual([0, '', expect.stringContaining('The CDRs and the truth are equal.')]);
    expect(demo.out).toMatch(/^calls +40 +40$/m);
  });
});

describe('trunkline verify and rebuild', () => {
  it('find the read models equal to the log, and the same with any size of batch', async () => {
    const live = await run('verify');
    expect([live.code, live.out]).toEqual([0, expect.stringContaining('All that is served is what the log says.')]);
    expect(live.out).toMatch(/^ {2}call_history +40 rows {2}[0-9a-f]{16}$/m);
    const verdicts = new Set<string>();
    for (const batch of ['500', '7', '1']) {
      expect([batch, (await run('rebuild', '--batch', batch)).code]).toEqual([batch, 0]);
      verdicts.add((await run('verify')).out);
    }
    expect(verdicts.size).toBe(1);
  });

  it('name the row that somebody changed, the one that is missing and the one that never was; a rebuild puts them right', async () => {
    const [first, second] = await sql<{ call_id: string; tenant_id: string }>(`SELECT tenant_id, call_id FROM call_history_v${VERSION} ORDER BY call_id LIMIT 2`);
    await sql(`UPDATE call_history_v${VERSION} SET talk_ms = talk_ms + 1, cause = 'USER_BUSY' WHERE call_id = '${first!.call_id}'`);
    await sql(`DELETE FROM call_history_v${VERSION} WHERE call_id = '${second!.call_id}'`);
    await sql(`INSERT INTO call_history_legs_v${VERSION} (tenant_id, call_id, leg_id) VALUES ('nobody', 'no-call', 'no-leg')`);
    const found = await run('verify', 'call-history');
    expect([found.code, found.err.includes('at ')]).toEqual([1, false]);
    expect(found.out).toContain(`call-history v${VERSION}, up to position`);
    expect(found.out).toContain(`different: ${first!.tenant_id} / ${first!.call_id} in cause, talk_ms`);
    expect(found.out).toContain(`missing: ${second!.tenant_id} / ${second!.call_id}`);
    expect(found.out).toContain('unexpected: nobody / no-call / no-leg');
    expect(found.out).toContain('trunkline rebuild call-history');
    const replayed = await run('replay', first!.call_id);
    expect([replayed.code, replayed.out]).toEqual([1, expect.stringContaining('The served CDR is NOT the same')]);
    expect((await run('rebuild', 'call-history')).code).toBe(0);
    expect((await run('verify', 'call-history')).code).toBe(0);
  });

  it('say which read models there are when one is asked for that is none', async () => {
    expect(await run('verify', 'call-histories')).toEqual({ code: 2, out: '', err: expect.stringMatching(/^there is no read model call-histories; there are: live-calls, call-history, .*\n$/) });
  });
});

describe('trunkline replay', () => {
  it('tells a call’s events with causes and actors, and the CDR that follows is the served one, byte for byte', async () => {
    const calls = await sql<{ call_id: string; bytes: string }>(`SELECT call_id, disposition FROM call_history WHERE contacts > 0 ORDER BY transfers <> '[]' DESC, holds DESC, call_id LIMIT 2`);
    expect(calls.length).toBe(2);
    for (const { call_id: callId } of calls) {
      const { code, out } = await run('replay', callId);
      expect([code, out]).toEqual([0, expect.stringMatching(/The served CDR is the same, byte for byte \(\d{4,} bytes\)\.\n$/)]);
      expect(out).toMatch(/^#1 +\S+Z {2}CallStarted\n +switch demo-switch, on its own account; position \d+/m);
      expect(out).toMatch(/OfferMade\n +router router, because of #\d+/);
      expect(out).toMatch(/process ring-agent-when-reserved, because of AgentReserved in agentShift-/);
      expect(out).toMatch(/AgentWrapUpEnded \(agentShift-/);
    }
  });

  it('says so when there is no such call', async () => {
    expect(await run('replay', 'nobody-called')).toMatchObject({ code: 1, err: expect.stringContaining('there is no call nobody-called in this log') });
  });
});

describe('trunkline keys', () => {
  it('makes keys that open what they shall, lists them without their secrets, and revokes them', async () => {
    const operator = (await run('keys', 'create', '--operator', '--name', 'first')).out.trim();
    const [tenant] = await sql<{ tenant_id: string }>('SELECT tenant_id FROM call_history LIMIT 1');
    const made = await run('keys', 'create', '--tenant', tenant!.tenant_id, '--scope', 'reports:read', '--scope', 'calls:read', '--expires', '2099-01-01T00:00:00Z');
    const key = made.out.trim();
    expect([made.code, key]).toEqual([0, expect.stringMatching(/^tl_[0-9a-f-]{36}_[\w-]{43}$/)]);
    const program = await startProgram({ ...env, TRUNKLINE_ROLES: 'api' });
    try {
      const request = requestAt(program.url);
      expect((await request('GET', '/v1/call-history/totals', { key })).body).toMatchObject({ calls: 40 });
      expect((await request('POST', '/v1/queues', { key, body: { settings: { name: 'no' } } })).status).toBe(403);
      expect((await request('GET', '/v1/tenants', { key: operator })).status).toBe(200);
      const keyId = key.split('_')[1]!;
      const list = await run('keys', 'list', '--tenant', tenant!.tenant_id);
      expect(list.out).toMatch(new RegExp(`^${keyId} .* issued .* 2099-01-01T00:00:00.000Z .* reports:read,calls:read .*made with`, 'm'));
      expect(list.out).not.toContain(key.slice(-20));
      expect((await run('keys', 'revoke', keyId, '--reason', 'lost')).out).toBe(`The key ${keyId} is revoked.\n`);
      await eventually('the key opens nothing', async () => (await request('GET', '/v1/call-history/totals', { key })).status === 401);
      expect((await run('keys', 'revoke', keyId)).out).toContain('was revoked already');
    } finally {
      await program.stop();
    }
  });

  it.each([
    [['keys', 'create'], 2, 'either --operator, or --tenant'],
    [['keys', 'create', '--operator', '--tenant', 'acme'], 2, 'either --operator, or --tenant'],
    [['keys', 'create', '--tenant', 'acme'], 2, '--scope with one or more of admin'],
    [['keys', 'create', '--tenant', 'acme', '--scope', 'root'], 2, 'there is no scope root; there are: operator, admin'],
    [['keys', 'create', '--tenant', 'nobody', '--scope', 'admin'], 1, 'there is no tenant nobody'],
    [['keys', 'create', '--operator', '--expires', 'soon'], 2, "--expires is 'soon'; expected a time such as"],
    [['keys', 'revoke', 'none'], 1, 'there is no key none'],
    [['rebuild', '--batch', '0'], 2, 'expected a whole number of 1 or more'],
    [['log', 'copy', '--from', 'here', '--to', 'ftp://host/x'], 2, "'ftp://host/x' names no log; expected `here`"],
    [['log', 'copy', '--from', 'here', '--to', 'here'], 2, '--from and --to are the same log'],
    [['parked', 'retry', 'call-history v1'], 1, 'nothing of call-history v1 is parked'],
    [['simulate'], 2, 'say what people dial: --number'],
    [['simulate', '--number', '7000', '--port', '99999'], 2, 'expected a port from 0'],
    [['simulate', '--hours', '1', '--faults', 'some'], 2, 'expected all, none, or numbers of faults'],
    [['frobnicate'], 2, "unknown command 'frobnicate'"],
  ])('a wrong call is answered in words: %j', async (args, code, text) => {
    const ended = await run(...args);
    expect([ended.code, ended.err]).toEqual([code, expect.stringContaining(text)]);
    expect(ended.err).not.toContain('    at ');
  });
});

describe('trunkline simulate', () => {
  it('with --hours lives through a day in memory, and twice through the same one', async () => {
    const [once, again] = [await run('simulate', '--seed', '7', '--hours', '0.1'), await run('simulate', '--seed', '7', '--hours', '0.1')];
    expect([once.code, once.out]).toEqual([0, expect.stringMatching(/^seed 7: \d+ calls, \d+ events, \d+ faults, log [0-9a-f]{64}\n$/)]);
    expect(again.out).toBe(once.out);
  });
});

describe('trunkline parked', () => {
  it('lists what is parked with its cause, asks for another attempt, and gives up with a reason', async () => {
    const [event] = await sql<{ position: string; id: string; stream: string; revision: string; type: string }>(`SELECT position, id, stream, revision, type FROM event_store.events WHERE type = 'CallStarted' ORDER BY position LIMIT 1`);
    const { position, id, stream, revision, type } = event!;
    await sql(`INSERT INTO trunkline_parked_events (runner, lane, position, stream, revision, event_id, event_type, error, parked_at) VALUES ('some-process', 'lane 1', ${position}, '${stream}', ${revision}, '${id}', '${type}', 'it broke', now())`);
    expect((await run('parked', 'list')).out).toMatch(new RegExp(`^some-process {2}position ${position} {2}CallStarted {2}${stream} {2}lane lane 1 .*\n {4}it broke\n`));
    expect((await run('parked', 'retry', 'some-process')).out).toContain('1 events are tried again');
    expect(await sql('SELECT asked FROM trunkline_parked_events')).toEqual([{ asked: true }]);
    const doctor = await run('doctor');
    expect([doctor.code, doctor.out]).toEqual([1, expect.stringContaining('some-process has set 1 events aside: it broke')]);
    expect((await run('parked', 'skip', 'some-process', position)).code).toBe(2);
    expect((await run('parked', 'skip', 'some-process', position, '--reason', 'no such call any more')).code).toBe(0);
    expect((await run('parked', 'list')).out).toBe('Nothing is parked.\n');
    expect(await sql('SELECT skip_reason, skipped_by FROM trunkline_parked_events')).toEqual([{ skip_reason: 'no such call any more', skipped_by: 'cli' }]);
    await sql('DELETE FROM trunkline_parked_events');
  });
});

describe('trunkline gaps', () => {
  it('tells from the log when a media node could not be heard, and what was found after', async () => {
    const { code, out } = await run('gaps');
    expect(code).toBe(0);
    expect(out).toMatch(/^demo-switch {2}\S+Z \.\. \S+Z \([\d.]+ s\) {2}engine-away {2}\S+\n {4}\d+ calls affected, \d+ ends inferred, \d+ callers admitted; \d+ legs confirmed among \d+ channels$/m);
    expect((await run('gaps', '--node', 'nobody')).out).toBe('No media node was ever unheard.\n');
  });
});

describe('trunkline doctor', () => {
  it('says that all is well while Trunkline runs, masks secrets, and says what to do when nothing runs or a node is away', async () => {
    const still = await run('doctor');
    expect([still.code, still.out]).toEqual([1, expect.stringContaining('no process of Trunkline runs on this database (nobody-runs)\n     start one: npm start')]);
    expect(still.out).toMatch(/media node demo-switch at 127\.0\.0\.1:\d+ does not answer: .*\n +look whether FreeSWITCH runs there/);
    const secret = 'c0ffee'.repeat(10) + 'beef';
    const masked = await trunkline(['doctor'], { ...env, TRUNKLINE_MASTER_KEY: secret, FREESWITCH_NODES: 'esl://:hush@10.0.0.1/fs9', REDIS_URL: 'redis://me:hush@127.0.0.1:1', S3_BUCKET: 'recordings', S3_ENDPOINT: 'http://127.0.0.1:1', S3_ACCESS_KEY_ID: 'hush', S3_SECRET_ACCESS_KEY: 'hush' });
    expect(masked.out).toContain('FREESWITCH_NODES                 esl://***@10.0.0.1/fs9');
    expect(masked.out).toContain('is not the master key that it was stored with');
    expect(masked.out).toContain('Redis does not answer');
    expect(masked.out).toContain('the object storage does not answer as it should');
    expect(masked.out).not.toMatch(/hush|c0ffee/);

    const program = await startProgram(env);
    try {
      const key = (await run('keys', 'create', '--operator')).out.trim();
      await eventually('the key opens', async () => (await requestAt(program.url)('DELETE', '/v1/nodes/demo-switch', { key })).status === 200);
      await eventually('everything has caught up', async () => ((await run('doctor')).code === 0 ? true : undefined), 30_000);
      const { out } = await run('doctor');
      expect(out).toMatch(/^ {2}router +\S+\/\d+\/[0-9a-f]{8} \(epoch \d+\)$/m);
      expect(out).toMatch(/^ {2}call-history v\d+ +position \d+, has everything$/m);
      expect(out).toMatch(/^ {2}free on its disk +[\d.]+ of [\d.]+ GiB$/m);
      expect(out).toContain('Nothing is wrong.');
      expect(out).toMatch(/^ {2}connections +\d+ of \d+$/m);
      expect(JSON.parse((await run('doctor', '--json')).out)).toMatchObject({ well: true, problems: [] });
    } finally {
      await program.stop();
    }
  });
});

describe('trunkline log', () => {
  it('copies a log to EventStoreDB and back into PostgreSQL with one fingerprint, and read models go on with the copy', async () => {
    const standIn = await EventStoreStandIn.start();
    const other = await freshDatabase();
    try {
      const original = (await run('log', 'hash')).out;
      expect(original).toMatch(/^[0-9a-f]{64} {2}\d{3,} events\n$/);
      const esdb = standIn.connectionString;
      const there = await run('log', 'copy', '--from', 'here', '--to', esdb, '--batch', '100', '--move-checkpoints');
      expect([there.code, there.out]).toEqual([0, expect.stringMatching(/The two are equal\.\nMoved to the copy: \d+ checkpoints, \d+ read models, 0 parked events\.\n(?:.*\n)*state-history holds positions of the log and was built anew/)]);
      expect((await run('log', 'hash', '--log', esdb)).out).toBe(original);

      const onCopy = { ...env, EVENTSTOREDB_URL: esdb };
      expect((await trunkline(['verify'], onCopy)).out).toContain('All that is served is what the log says.');
      const onOriginal = await run('verify');
      expect([onOriginal.code, onOriginal.err]).toEqual([1, expect.stringMatching(/was built from log .*, but this is log /)]);

      const target = databaseUrlOf(other.pool);
      expect((await run('log', 'copy', '--from', esdb, '--to', target)).code).toBe(0);
      expect((await run('log', 'hash', '--log', target)).out).toBe(original);
      const again = await run('log', 'copy', '--from', 'here', '--to', target, '--after', '50');
      expect([again.code, again.out]).toEqual([0, expect.stringContaining('The two are equal.')]);

      const back = await trunkline(['log', 'copy', '--from', esdb, '--to', env['DATABASE_URL']!, '--move-checkpoints'], env);
      expect(back.code).toBe(0);
      expect((await run('verify')).out).toContain('All that is served is what the log says.');
    } finally {
      await standIn.stop();
      await other.drop();
    }
  });

  it('moves no checkpoints while somebody works on them', async () => {
    const other = await freshDatabase();
    const program = await startProgram(env);
    try {
      const { code, err } = await run('log', 'copy', '--from', 'here', '--to', databaseUrlOf(other.pool), '--move-checkpoints');
      expect([code, err]).toEqual([1, expect.stringMatching(/is run by .*; stop all processes of Trunkline first/)]);
      expect((await sql<{ logs: string }>('SELECT count(DISTINCT log_id) AS logs FROM trunkline_projections'))[0]?.logs).toBe('1');
    } finally {
      await program.stop();
      await other.drop();
    }
  });
});
