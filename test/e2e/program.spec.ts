import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { SeededRandom } from '../../src/simulator/seeded-random.js';
import { EslSocketServer } from '../../src/simulator/switch/esl/esl-socket-server.js';
import type { Endpoints } from '../../src/simulator/switch/far-end.js';
import { SimulatedSwitch } from '../../src/simulator/switch/simulated-switch.js';
import { databaseUrlOf, ensureBuilt, startProgram, trunkline, type Ended, type RunningProgram } from '../support/built-program.js';
import { eventually } from '../support/engine.js';
import { freshDatabase, type FreshDatabase } from '../support/postgres.js';
import { requestAt, type Request } from '../support/requests.js';

jest.setTimeout(180_000);

/** Telephones that answer after a moment. */
const phones: Endpoints = {
  dial: (address) => ({
    kind: 'telephone', channelName: `sofia/internal/${address}`, destination: address, address,
    farEnd: {
      invited: (line) => {
        line.ring();
        systemClock.after(50, () => line.answer());
      },
    },
  }),
};

const closing: (() => Promise<unknown> | unknown)[] = [];
let folder: string;
let away: Promise<Ended>;

beforeAll(async () => {
  await ensureBuilt();
  // It waits a while for a database that may be starting too: meanwhile the other tests run.
  away = startProgram({ DATABASE_URL: 'postgres://me:hush@127.0.0.1:1/nothing', TRUNKLINE_MASTER_KEY: '0'.repeat(64) }).then(
    () => Promise.reject(new Error('it started')),
    (error: Error) => ({ code: Number(/ended with (\d+)/.exec(error.message)?.[1]), out: '', err: error.message }),
  );
  away.catch(() => undefined);
});
afterAll(() => away.catch(() => undefined));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trunkline-program-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const database = async (): Promise<FreshDatabase> => {
  const fresh = await freshDatabase();
  closing.push(() => fresh.drop());
  return fresh;
};

const start = async (env: Readonly<Record<string, string>>): Promise<RunningProgram> => {
  const program = await startProgram(env);
  closing.push(() => program.stop('SIGKILL'));
  return program;
};

const simulatedSwitch = async (): Promise<{ readonly fs: SimulatedSwitch; readonly nodes: string }> => {
  const fs = new SimulatedSwitch({ clock: systemClock, random: new SeededRandom(1), endpoints: phones });
  const server = new EslSocketServer(fs);
  await server.listen();
  closing.push(async () => {
    await server.close();
    fs.stop();
  });
  return { fs, nodes: `esl://:ClueCon@127.0.0.1:${server.port}/fs1` };
};

const operatorKey = async (env: Readonly<Record<string, string>>): Promise<string> => {
  const { code, out, err } = await trunkline(['keys', 'create', '--operator'], env);
  expect([code, err]).toEqual([0, expect.stringContaining('shown once')]);
  return out.trim();
};

/** A tenant with a queue, the number 7000 and one agent who takes calls, set up through the API. */
const openCenter = async (url: string, key: string): Promise<Request> => {
  const request: Request = (method, path, options = {}) => requestAt(url)(method, path, { key, ...options, headers: { 'trunkline-tenant': 'acme', ...options.headers } });
  const made = async (path: string, body: unknown, method = 'POST'): Promise<Record<string, string>> => {
    const answer = await request(method, path, { body, ...(path === '/v1/tenants' ? { headers: { 'trunkline-tenant': 'system' } } : {}) });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as Record<string, string>;
  };
  await made('/v1/tenants', { tenantId: 'acme', settings: { name: 'Acme', country: 'DE', timeZone: 'Europe/Berlin' } });
  const { queueId } = await made('/v1/queues', { settings: { name: 'Sales', wrapUpMs: 0 } });
  await made('/v1/numbers', { number: '7000', destination: { kind: 'queue', queueId } });
  const { agentId } = await made('/v1/agents', { settings: { displayName: 'Ada', deviceUser: '1000' } });
  await made(`/v1/queues/${queueId}/members/${agentId}`, {}, 'PUT');
  await made(`/v1/agents/${agentId}/sign-in`, {});
  await made(`/v1/agents/${agentId}/available`, {});
  return request;
};

describe('npm start', () => {
  it('runs with nothing but a folder, keeps its data over a restart, and ends with 0 when it is asked to', async () => {
    const env = { TRUNKLINE_DATA_DIR: folder };
    const program = await start(env);
    const request = requestAt(program.url);
    expect((await request('GET', '/live')).status).toBe(200);
    expect(readFileSync(join(folder, 'master.key'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
    const key = await operatorKey(env);
    await eventually('the key opens', async () => (await request('GET', '/v1/nodes', { key })).status === 200);
    const ended = await program.stop();
    expect([ended.code, ended.err]).toEqual([0, '']);
    expect(existsSync(join(folder, 'postgres', 'data', 'postmaster.pid'))).toBe(false);
    const again = await start(env);
    expect((await requestAt(again.url)('GET', '/v1/nodes', { key })).status).toBe(200);
    expect((await again.stop('SIGINT')).code).toBe(0);
  });

  it('may be two processes with a role each, on one database; the calls of one are seen in the other', async () => {
    const { fs, nodes } = await simulatedSwitch();
    const env = { TRUNKLINE_DATA_DIR: folder, DATABASE_URL: databaseUrlOf((await database()).pool) };
    const worker = await start({ ...env, TRUNKLINE_ROLES: 'telephony,worker', FREESWITCH_NODES: nodes, TRUNKLINE_OPERATIONS_PORT: '0' });
    const api = await start({ ...env, TRUNKLINE_ROLES: 'api' });
    const key = await operatorKey(env);
    const request = await openCenter(api.url, key);
    const line = fs.placeCall({ from: '+4915112345678', fromName: 'Caller', to: '7000' }, {});
    await eventually('the contact', async () => ((await request('GET', `/v1/call-history/${line.channelId}`)).body as { contacts?: number }).contacts === 1);
    // The process without the API tells how it is, and nothing else.
    const askWorker = requestAt(worker.url);
    expect([(await askWorker('GET', '/live')).status, (await askWorker('GET', '/ready')).status, (await askWorker('GET', '/v1/calls', { key })).status]).toEqual([200, 200, 404]);
    expect((await askWorker('GET', '/metrics')).status).toBe(401);
    expect((await askWorker('GET', '/metrics', { key })).body).toMatch(/^trunkline_calls_live 1$/m);
    line.hangUp();
    await eventually('the CDR', async () => ((await request('GET', `/v1/call-history/${line.channelId}`)).body as { disposition?: string }).disposition === 'answered');
    const ends = await Promise.all([api.stop(), worker.stop()]);
    expect(ends.map(({ code, err }) => [code, err])).toEqual([[0, ''], [0, '']]);
  });

  it('leaves callers where they are when it ends, and the next start goes on with them', async () => {
    const { fs, nodes } = await simulatedSwitch();
    const env = { TRUNKLINE_DATA_DIR: folder, DATABASE_URL: databaseUrlOf((await database()).pool), FREESWITCH_NODES: nodes };
    const first = await start(env);
    const key = await operatorKey(env);
    const request = await openCenter(first.url, key);
    const talking = fs.placeCall({ from: '+4915112345678', fromName: 'One', to: '7000' }, {});
    await eventually('the contact', async () => ((await request('GET', `/v1/call-history/${talking.channelId}`)).body as { contacts?: number }).contacts === 1);
    const waiting = fs.placeCall({ from: '+4915187654321', fromName: 'Two', to: '7000' }, {});
    await eventually('the wait', async () => ((await request('GET', `/v1/call-history/${waiting.channelId}`)).body as { queueId?: string }).queueId);
    expect((await first.stop()).code).toBe(0);
    expect(fs.channels.size).toBe(3);
    const second = await start(env);
    const later = requestAt(second.url);
    const cdrOf = async (callId: string): Promise<{ readonly disposition?: string; readonly contacts?: number; readonly confidence?: string }> =>
      (await later('GET', `/v1/call-history/${callId}`, { key, headers: { 'trunkline-tenant': 'acme' } })).body as { disposition?: string };
    talking.hangUp();
    await eventually('the caller who waited is connected', async () => (await cdrOf(waiting.channelId)).contacts === 1, 30_000);
    waiting.hangUp();
    await eventually('both have ended', async () => (await cdrOf(waiting.channelId)).disposition !== null && (await cdrOf(talking.channelId)).disposition !== null);
    expect([await cdrOf(talking.channelId), await cdrOf(waiting.channelId)]).toMatchObject([{ disposition: 'answered', confidence: 'seen' }, { disposition: 'answered', confidence: 'seen' }]);
    expect((await trunkline(['verify'], env)).code).toBe(0);
    expect((await second.stop()).code).toBe(0);
  });

  it('of two processes that start at once in one new folder, both use the same key and database', async () => {
    const env = { TRUNKLINE_DATA_DIR: folder };
    const both = await Promise.all([start({ ...env, TRUNKLINE_ROLES: 'api' }), start({ ...env, TRUNKLINE_ROLES: 'api' })]);
    const key = await operatorKey(env);
    for (const { url } of both) await eventually('the key opens', async () => (await requestAt(url)('GET', '/v1/tenants', { key })).status === 200);
    expect(readdirSync(folder).sort()).toEqual(['master.key', 'postgres']);
    // Whichever of them owns the database takes it along.
    for (const { code } of await Promise.all(both.map((program) => program.stop()))) expect([0, 1]).toContain(code);
  });

  describe('with a wrong environment', () => {
    it('says that its port is taken and what to do, and leaves nothing running', async () => {
      const other = createServer();
      await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', () => resolve()));
      closing.push(() => other.close());
      const { port } = other.address() as AddressInfo;
      const env = { TRUNKLINE_DATA_DIR: folder, DATABASE_URL: databaseUrlOf((await database()).pool), TRUNKLINE_HTTP_PORT: String(port) };
      await expect(startProgram(env)).rejects.toThrow(new RegExp(`ended with 1: listen EADDRINUSE.*${port}.*set TRUNKLINE_HTTP_PORT`));
    });

    it('lists everything that is wrong at once, and shows no secret', async () => {
      const wrong = { TRUNKLINE_HTTP_PORT: '99999', TRUNKLINE_ROLES: 'api,boss', LOG_LEVEL: 'loud', TRUNKLINE_TYPO: '1', DATABASE_URL: 'mysql://me:hush@host/db', TRUNKLINE_MASTER_KEY: 'hush', FREESWITCH_NODES: 'esl://:hush@host' };
      await expect(startProgram(wrong)).rejects.toThrow(/ended with 2: the configuration is wrong:\n(?: {2}- .*\n){7}$/);
      const { code, err } = await trunkline(['verify'], wrong);
      expect(code).toBe(2);
      for (const name of Object.keys(wrong)) expect(err).toContain(name);
      expect(err).not.toContain('hush');
    });

    it('says that the database is away and what to do, and leaves nothing running', async () => {
      const { code, err } = await away;
      expect([code, err]).toEqual([1, expect.stringMatching(/cannot be reached: .*ECONNREFUSED.*DATABASE_URL/)]);
      expect(err).not.toContain('hush');
      expect(err).not.toContain('    at ');
    });
  });
});
