import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Answer, type ApiApp, startApiApp } from '../support/api-app.js';
import { Database } from '../../src/platform/postgres/database.js';
import { InProcessRateLimiter } from '../../src/platform/http/rate-limit.port.js';
import { HTTP_MIGRATIONS, HTTP_SCHEMA } from '../../src/platform/postgres/idempotency-keys.js';
import { runMigrations } from '../../src/platform/postgres/migrations.js';
import { freshDatabase } from '../support/postgres.js';
import { socketProxy } from '../support/socket-proxy.js';
import { ManualClock } from '../support/manual-clock.js';

// A loaded machine takes its time; nothing here is timed.
jest.setTimeout(60_000);

const body = { settings: { name: 'Sales' } };

describe('what holds for every request', () => {
  let app: ApiApp;
  let key: string;
  beforeAll(async () => {
    app = await startApiApp({ change: (parts) => ({ ...parts, waitForReadModelMs: 100 }) });
    key = await app.keyFor('acme', 'admin');
  });
  afterAll(() => app.close());

  const create = (idempotencyKey: string, sent: unknown = body): Promise<Answer> => app.request('POST', '/v1/queues', { key, body: sent, headers: { 'idempotency-key': idempotencyKey } });

  it('carries out a request once, however often and at however many places it is sent', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => create('many')));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201]));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(await app.parts.log.readStream(`queue-${answers[0]?.body.queueId}`)).toHaveLength(1);
    // The same JSON written otherwise is the same body.
    const again = await app.request('POST', '/v1/queues', { key, raw: '{ "settings" : {"name":"S\\u0061les"} }', headers: { 'idempotency-key': 'many' } });
    expect(again.body).toEqual(answers[0]?.body);
  });

  it('takes an idempotency key again after a refusal, for the corrected request', async () => {
    expect((await create('corrected', { settings: { name: '' } })).status).toBe(422);
    expect((await create('corrected')).status).toBe(201);
    expect(await create('corrected', { settings: { name: 'Other' } })).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  });

  it('knows an idempotency key by tenant and route', async () => {
    const other = await app.keyFor('globex', 'admin');
    const first = await create('shared');
    const theirs = await app.request('POST', '/v1/queues', { key: other, body: { settings: { name: 'Theirs' } }, headers: { 'idempotency-key': 'shared' } });
    expect(theirs.status).toBe(201);
    expect(theirs.body.queueId).not.toBe(first.body.queueId);
    const agent = await app.request('POST', '/v1/agents', { key, body: { settings: { displayName: 'Ada', deviceUser: 'ada' } }, headers: { 'idempotency-key': 'shared' } });
    expect(agent.status).toBe(201);
    for (const name of ['ada', 'bob']) {
      const made = await app.request('POST', '/v1/agents', { key, body: { settings: { displayName: name, deviceUser: name } } });
      expect((await app.request('POST', `/v1/agents/${made.body.agentId}/sign-in`, { key, headers: { 'idempotency-key': 'shared' } })).body.shiftId).toBe(`${made.body.agentId}+1`);
    }
  });

  it('refuses an idempotency key that is none', async () => {
    for (const wrong of ['a b', 'x'.repeat(256)]) expect(await create(wrong)).toMatchObject({ status: 422, body: { code: 'invalid-idempotency-key' } });
  });

  it('waits for the read model, and says when that is behind', async () => {
    for (let i = 0; i < 20; i += 1) {
      const { queueId, position } = (await app.request('POST', '/v1/queues', { key, body })).body as { queueId: string; position: string };
      expect((await app.request('GET', `/v1/queues/${queueId}?after=${position}`, { key })).status).toBe(200);
    }
    const behind = await app.request('GET', '/v1/queues?after=999999999', { key });
    expect(behind).toMatchObject({ status: 503, body: { code: 'read-model-behind' } });
    expect(behind.headers.get('retry-after')).toBe('1');
    for (const after of ['-1', '1.5', 'x', '', '99999999999999999999']) expect(await app.request('GET', `/v1/queues?after=${after}`, { key })).toMatchObject({ status: 422, body: { errors: [{ field: 'after' }] } });
    expect((await app.request('GET', '/v1/queues?after=1&after=2', { key })).status).toBe(422);
  });

  it('answers what never reaches a route with a problem document too', async () => {
    const cases: readonly (readonly [string, Promise<Answer>, number, string])[] = [
      ['no route', app.request('GET', '/v1/quues', { key }), 404, 'unknown-route'],
      ['no such method', app.request('PATCH', '/v1/queues', { key, body: {} }), 404, 'unknown-route'],
      ['a bad escape', app.request('GET', '/v1/queues/%zz', { key }), 400, 'malformed-request'],
      ['a long id', app.request('GET', `/v1/queues/${'x'.repeat(501)}`, { key }), 414, 'path-too-long'],
      ['a large body', app.request('POST', '/v1/queues', { key, raw: JSON.stringify({ settings: { name: 'x'.repeat(1_100_000) } }) }), 413, 'body-too-large'],
      ['no JSON', app.request('POST', '/v1/queues', { key, raw: 'name=Sales', headers: { 'content-type': 'text/plain' } }), 415, 'unsupported-media-type'],
      ['an empty body', app.request('POST', '/v1/queues', { key, raw: '', headers: { 'content-type': 'application/json' } }), 400, 'malformed-json'],
      ['a poisoned body', app.request('POST', '/v1/queues', { key, raw: '{"__proto__":{"x":1}}' }), 400, 'malformed-json'],
    ];
    for (const [name, asked, status, code] of cases) {
      const answer = await asked;
      expect([name, answer.status, answer.body.code, answer.headers.get('content-type')]).toEqual([name, status, code, expect.stringContaining('application/problem+json')]);
      expect(answer.body.requestId).toBe(answer.headers.get('x-request-id'));
    }
  });

  it('writes down requests without anything personal in them', async () => {
    const made = await app.request('POST', '/v1/agents', { key, body: { settings: { displayName: 'Rosalind Franklin', address: 'sofia/gateway/c/+4915112345678' } } });
    await app.request('GET', `/v1/agents/${made.body.agentId}?after=${made.body.position}`, { key });
    await app.request('POST', '/v1/agents', { key, body: { settings: { displayName: 'Rosalind Franklin', address: '+49151 12345678' } } });
    await app.request('GET', '/v1/queues?cursor=4915112345678', { key });
    const lines = app.logged.join('');
    expect(lines).toContain('"route":"/v1/agents/:agentId"');
    for (const personal of ['Rosalind', '12345678', key]) expect(lines).not.toContain(personal);
  });
});

describe('the rate limit', () => {
  it('refuses a key that asks too often, until the next minute, and leaves others alone', async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1, 12, 0, 30));
    const app = await startApiApp({ change: (parts) => ({ ...parts, settings: { ...parts.settings, requestsPerMinute: 3 }, rateLimiter: new InProcessRateLimiter(clock) }) });
    const key = await app.keyFor('acme', 'admin');
    for (let left = 2; left >= 0; left -= 1) {
      const answer = await app.request('GET', '/v1/queues', { key });
      expect([answer.status, answer.headers.get('ratelimit-remaining'), answer.headers.get('ratelimit-reset')]).toEqual([200, String(left), '30']);
    }
    const refused = await app.request('GET', '/v1/queues', { key });
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
    expect(refused.headers.get('retry-after')).toBe('30');
    expect((await app.request('GET', '/v1/queues', { key: await app.keyFor('acme', 'admin') })).status).toBe(200);
    await clock.advance(30_000);
    expect((await app.request('GET', '/v1/queues', { key })).status).toBe(200);
    await app.close();
  });
});

describe('without a database', () => {
  it('commands go on as long as the log does, and queries say what is away', async () => {
    const fresh = await freshDatabase();
    const line = await socketProxy(fresh.pool);
    const database = new Database(line.pool);
    await runMigrations(database, HTTP_SCHEMA, HTTP_MIGRATIONS);
    const app = await startApiApp({ change: (parts) => ({ ...parts, database, readiness: [{ name: 'database', failure: 'database-away', problem: async () => void (await database.query('SELECT 1')) }] }) });
    expect((await app.request('GET', '/ready')).status).toBe(200);
    await line.cut();
    const key = await app.keyFor('acme', 'admin');
    expect((await app.request('POST', '/v1/queues', { key, body })).status).toBe(201);
    // Without the memory of keys it could not be said whether this came before.
    expect(await app.request('POST', '/v1/queues', { key, body, headers: { 'idempotency-key': 'k' } })).toMatchObject({ status: 503, body: { code: 'database-unavailable' } });
    expect(await app.request('GET', '/v1/queues', { key })).toMatchObject({ status: 503, body: { code: 'database-unavailable' } });
    expect(await app.request('GET', '/ready')).toMatchObject({ status: 503, body: { status: 'not-ready', checks: [{ name: 'database', ready: false, code: 'database-away', reason: expect.stringContaining('cannot be reached') }, { name: 'staying', ready: true }] } });
    expect((await app.request('GET', '/live')).status).toBe(200);
    await app.close();
    await database.close();
    await line.close();
    await fresh.drop();
  });
});
