import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Answer, type ApiApp, startApiApp } from '../support/api-app.js';

// A loaded machine takes its time; nothing here is timed.
jest.setTimeout(60_000);

describe('queues, agents, numbers and nodes over HTTP', () => {
  let app: ApiApp;
  let key: string;
  beforeAll(async () => {
    app = await startApiApp();
    key = await app.keyFor('acme', 'admin');
  });
  afterAll(() => app.close());

  const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => app.request('POST', path, { key, body, headers });
  const read = async (path: string, position: string): Promise<Answer> => app.request('GET', `${path}${path.includes('?') ? '&' : '?'}after=${position}`, { key });
  const queue = async (settings: Record<string, unknown> = {}): Promise<string> => {
    const answer = await post('/v1/queues', { settings: { name: 'Sales', ...settings } });
    expect(answer.status).toBe(201);
    return answer.body.queueId as string;
  };
  const agent = async (deviceUser = 'ada'): Promise<string> => {
    const answer = await post('/v1/agents', { settings: { displayName: 'Ada Lovelace', deviceUser } });
    expect(answer.status).toBe(201);
    return answer.body.agentId as string;
  };

  it('fills in what a queue leaves out, replaces settings as a whole, and keeps members', async () => {
    const queueId = await queue({ priority: 2, overflow: { kind: 'queue', queueId: await queue() } });
    const agentId = await agent();
    const joined = await app.request('PUT', `/v1/queues/${queueId}/members/${agentId}`, { key, body: { level: 2 } });
    expect(joined.status).toBe(200);
    const shown = await read(`/v1/queues/${queueId}`, joined.body.position);
    expect(shown.body).toMatchObject({
      queueId, status: 'active', members: [{ agentId, level: 2, position: 1 }],
      settings: { name: 'Sales', strategy: 'longest-idle-agent', answer: 'on-entry', priority: 2, maxWaitMs: null, overflow: { kind: 'queue' }, ringTimeoutMs: 20_000, serviceLevelSeconds: 20, shortAbandonSeconds: 5 },
    });
    const configured = await app.request('PUT', `/v1/queues/${queueId}`, { key, body: { settings: { name: 'Support', maxWaitMs: 60_000 } } });
    const left = await app.request('DELETE', `/v1/queues/${queueId}/members/${agentId}`, { key });
    expect((await read(`/v1/queues/${queueId}`, left.body.position)).body).toMatchObject({ settings: { name: 'Support', priority: 5, maxWaitMs: 60_000, overflow: { kind: 'hang-up' } }, members: [] });
    expect(BigInt(left.body.position)).toBeGreaterThan(BigInt(configured.body.position));
    // The same settings again are no event.
    expect((await app.request('PUT', `/v1/queues/${queueId}`, { key, body: { settings: { name: 'Support', maxWaitMs: 60_000 } } })).body.position).toBe('0');
    const retired = await app.request('DELETE', `/v1/queues/${queueId}`, { key });
    const active = await read('/v1/queues?status=active', retired.body.position);
    expect(active.body.items.map((item: { queueId: string }) => item.queueId)).not.toContain(queueId);
    expect(await app.request('PUT', `/v1/queues/${queueId}`, { key, body: { settings: { name: 'X' } } })).toMatchObject({ status: 409, body: { code: 'queue-retired' } });
  });

  it('refuses what a queue cannot be', async () => {
    const settings = { name: 'Sales', priority: 11, ringTimeoutMs: 'long', maxLength: -1, overflow: { kind: 'moon' }, musik: 'x' };
    const wrong = await post('/v1/queues', { settings });
    expect(wrong).toMatchObject({ status: 422, body: { code: 'invalid-request' } });
    expect(new Set(wrong.body.errors.map(({ field }: { field: string }) => field))).toEqual(new Set(['settings.priority', 'settings.ringTimeoutMs', 'settings.maxLength', 'settings.overflow.kind', 'settings.musik']));
    expect(wrong.body.errors).toContainEqual({ field: 'settings.priority', message: 'must be a whole number from 1 to 10' });
    expect(await post('/v1/queues', { settings: { name: 'S', overflow: { kind: 'queue' } } })).toMatchObject({ status: 422, body: { code: 'invalid-overflow' } });
    expect(await post('/v1/queues', { settings: { name: 'S', overflow: { kind: 'queue', queueId: 'nowhere' } } })).toMatchObject({ status: 422, body: { code: 'overflow-queue-not-found' } });
    for (const body of [{}, { settings: null }, { settings: [] }, { settings: 'x' }, [], null, 'text', 7]) {
      expect(await post('/v1/queues', body)).toMatchObject({ status: 422, body: { code: 'invalid-request' } });
    }
    expect(await app.request('PUT', `/v1/queues/${await queue()}/members/nobody`, { key, body: {} })).toMatchObject({ status: 404, body: { code: 'agent-not-found' } });
    expect(await app.request('GET', '/v1/queues/nowhere', { key })).toMatchObject({ status: 404, body: { code: 'queue-not-found' } });
  });

  it('pages through a list by cursor', async () => {
    const own = await app.keyFor('paged', 'admin');
    let position = '0';
    for (let i = 0; i < 5; i += 1) position = (await app.request('POST', '/v1/queues', { key: own, body: { settings: { name: `Q${i}` } } })).body.position as string;
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Answer = await app.request('GET', `/v1/queues?limit=2&after=${position}${cursor === '' ? '' : `&cursor=${cursor}`}`, { key: own });
      expect(page.status).toBe(200);
      expect(page.body.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.body.items.map((item: { settings: { name: string } }) => item.settings.name));
      cursor = page.body.next as string | null;
    }
    expect(seen.sort()).toEqual(['Q0', 'Q1', 'Q2', 'Q3', 'Q4']);
    for (const query of ['cursor=nonsense', 'limit=0', 'limit=1001', 'limit=many', 'status=asleep', 'colour=red', 'after=soon']) {
      expect(await app.request('GET', `/v1/queues?${query}`, { key: own })).toMatchObject({ status: 422 });
    }
  });

  it('lets an agent work a shift', async () => {
    const agentId = await agent('grace');
    const does = (what: string, body: unknown = {}): Promise<Answer> => post(`/v1/agents/${agentId}/${what}`, body);
    expect(await does('available')).toMatchObject({ status: 409, body: { code: 'agent-signed-out' } });
    const signedIn = await does('sign-in');
    expect(signedIn).toMatchObject({ status: 200, body: { agentId, shiftId: `${agentId}+1` } });
    expect((await does('sign-in')).body).toMatchObject({ position: '0', shiftId: `${agentId}+1` });
    expect((await does('available')).status).toBe(200);
    expect(await does('pause')).toMatchObject({ status: 422, body: { errors: [{ field: 'reason' }] } });
    expect((await does('pause', { reason: 'lunch' })).status).toBe(200);
    expect((await does('end-wrap-up')).body.position).toBe('0');
    expect(await app.request('DELETE', `/v1/agents/${agentId}`, { key })).toMatchObject({ status: 409, body: { code: 'agent-signed-in' } });
    expect((await does('sign-out')).body.shiftId).toBe(`${agentId}+1`);
    expect(await does('available')).toMatchObject({ status: 409, body: { code: 'agent-signed-out' } });
    // At once, though no process has closed the shift before for the agent.
    expect((await does('sign-in')).body.shiftId).toBe(`${agentId}+2`);
    expect((await does('sign-out', { force: true })).status).toBe(200);
    const retired = await app.request('DELETE', `/v1/agents/${agentId}`, { key });
    expect(retired.status).toBe(200);
    expect((await read(`/v1/agents/${agentId}`, retired.body.position)).body).toMatchObject({ status: 'retired', settings: { displayName: 'Ada Lovelace', deviceUser: 'grace', address: null } });
    expect(await does('sign-in')).toMatchObject({ status: 409, body: { code: 'agent-retired' } });
    expect(await post('/v1/agents/nobody/sign-in', {})).toMatchObject({ status: 404, body: { code: 'agent-not-found' } });
    expect(await post('/v1/agents', { settings: { displayName: 'X' } })).toMatchObject({ status: 422, body: { code: 'invalid-agent-device' } });
  });

  it('gives a number to one tenant at a time', async () => {
    const other = await app.keyFor('globex', 'admin');
    const theirs = (await app.request('POST', '/v1/queues', { key: other, body: { settings: { name: 'Q' } } })).body.queueId as string;
    const destination = { kind: 'queue', queueId: await queue() };
    const assigned = await post('/v1/numbers', { number: '030 901820', destination });
    expect(assigned).toMatchObject({ status: 201, body: { number: '+4930901820' } });
    const { numberId } = assigned.body as { numberId: string };
    expect(await post('/v1/numbers', { number: '+49 30 901820', destination })).toMatchObject({ status: 409, body: { code: 'number-taken' } });
    const foreign = (): Promise<Answer> => app.request('POST', '/v1/numbers', { key: other, body: { number: '+4930901820', destination: { kind: 'queue', queueId: theirs } } });
    expect(await foreign()).toMatchObject({ status: 409, body: { code: 'number-taken' } });
    expect(await app.request('GET', `/v1/numbers/${numberId}`, { key: other })).toMatchObject({ status: 404 });
    expect(await app.request('DELETE', `/v1/numbers/${numberId}`, { key: other })).toMatchObject({ status: 404 });
    expect(await post('/v1/numbers', { number: '100', destination: { kind: 'queue', queueId: theirs } })).toMatchObject({ status: 422, body: { code: 'queue-not-found' } });
    const moved = await app.request('PUT', `/v1/numbers/${numberId}`, { key, body: { destination: { kind: 'queue', queueId: await queue() } } });
    expect((await read(`/v1/numbers/${numberId}`, moved.body.position)).body).toMatchObject({ number: '+4930901820', status: 'active', destination: { kind: 'queue' } });
    expect((await app.request('DELETE', `/v1/numbers/${numberId}`, { key })).status).toBe(200);
    expect(await foreign()).toMatchObject({ status: 201, body: { number: '+4930901820' } });
    expect((await post('/v1/numbers', { number: '42', destination })).status).toBe(201);
  });

  it.each(['', 'abc', '+49', '+00123456789', '1', '030-FLOWERS', '+49301234567890123', '12345678901234567890', '<script>'])('does not take %p for a number', async (number) => {
    const answer = await post('/v1/numbers', { number, destination: { kind: 'queue', queueId: 'q' } });
    expect(answer.status).toBe(422);
    expect(['invalid-number', 'invalid-request']).toContain(answer.body.code);
  });

  it('keeps media nodes to operators, and their passwords to itself', async () => {
    const settings = { name: 'fs1', host: '127.0.0.1', password: 'very secret', trunkAddress: 'sofia/gateway/carrier/{number}' };
    expect(await post('/v1/nodes', { settings })).toMatchObject({ status: 403, body: { code: 'missing-scope' } });
    const operator = { key: app.operator };
    expect(await app.request('POST', '/v1/nodes', { ...operator, body: { nodeId: 'fs1', settings } })).toMatchObject({ status: 201, body: { nodeId: 'fs1' } });
    expect(await app.request('POST', '/v1/nodes', { ...operator, body: { nodeId: 'fs1', settings } })).toMatchObject({ status: 409, body: { code: 'node-exists' } });
    expect(await app.request('POST', '/v1/nodes', { ...operator, body: { settings: { ...settings, trunkAddress: 'no placeholder' } } })).toMatchObject({ status: 422, body: { code: 'invalid-node-address' } });
    const { password: _, ...changed } = settings;
    const configured = await app.request('PUT', '/v1/nodes/fs1', { ...operator, body: { settings: { ...changed, port: 8022 } }, headers: { 'trunkline-tenant': 'acme' } });
    expect(configured.status).toBe(200);
    const shown = await app.request('GET', `/v1/nodes/fs1?after=${configured.body.position}`, operator);
    expect(shown.body).toMatchObject({ nodeId: 'fs1', status: 'active', settings: { host: '127.0.0.1', port: 8022, deviceAddress: 'user/{user}' }, gap: null, restarts: 0, clockOffsetMs: null });
    expect(JSON.stringify(shown.body)).not.toContain('secret');
    expect((await app.parts.log.readStream('node-fs1')).at(-1)?.data).toMatchObject({ settings: { password: 'very secret', port: 8022 } });
    const list = await app.request('GET', '/v1/nodes', operator);
    expect(list.body.items).toHaveLength(1);
    expect((await app.request('DELETE', '/v1/nodes/fs1', operator)).status).toBe(200);
  });
});
