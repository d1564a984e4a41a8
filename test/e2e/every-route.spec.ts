import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { isoTime } from '../../src/kernel/clock.js';
import { streamOf } from '../../src/kernel/streams.js';
import { type Scope, SCOPES } from '../../src/platform/http/access/scope.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import { type Answer, type ApiApp, startApiApp } from '../support/api-app.js';
import { type DocumentedRoute, documentedRoutes } from '../support/openapi-routes.js';

// A loaded machine takes its time; nothing here is timed.
jest.setTimeout(60_000);

/** Routes that need no API key, and say so themselves. */
const KEYLESS = new Set(['GET /live', 'GET /ready', 'POST /v1/switch-cdrs']);

const nameOf = ({ method, path }: DocumentedRoute): string => `${method} ${path}`;

const expectProblem = (name: string, answer: Answer, ...statuses: readonly number[]): void => {
  const type = answer.headers.get('content-type') ?? '';
  // The name stands in both, so that a failure says which route it was.
  expect([name, statuses.includes(answer.status) ? statuses : answer.status]).toEqual([name, statuses]);
  expect([name, type]).toEqual([name, expect.stringMatching(/^application\/problem\+json/)]);
  expect([name, answer.body]).toEqual([name, expect.objectContaining({ status: answer.status, code: expect.stringMatching(/^[a-z][a-z0-9-]+$/), detail: expect.any(String), title: expect.any(String), requestId: answer.headers.get('x-request-id') })]);
};

/** Ids of one thing of each kind. */
const furnish = async (app: ApiApp, tenantId: string, number: string): Promise<Readonly<Record<string, string>>> => {
  const key = await app.keyFor(tenantId, 'admin');
  const post = async (path: string, body: unknown): Promise<Record<string, string>> => (await app.request('POST', path, { key, body })).body as Record<string, string>;
  const { queueId = '' } = await post('/v1/queues', { settings: { name: `Sales of ${tenantId}` } });
  const { agentId = '' } = await post('/v1/agents', { settings: { displayName: `Ada of ${tenantId}`, deviceUser: 'ada' } });
  await post(`/v1/agents/${agentId}/sign-in`, {});
  const { numberId = '' } = await post('/v1/numbers', { number, destination: { kind: 'queue', queueId } });
  const { keyId = '' } = (await app.request('POST', '/v1/api-keys', { key: app.operator, headers: { 'trunkline-tenant': tenantId }, body: { name: 'k', scopes: ['calls:read'] } })).body as Record<string, string>;
  const callId = systemRandom.uuid();
  const meta = { commandId: systemRandom.uuid(), tenantId, at: isoTime(systemClock.now()), actor: { kind: 'switch' as const, id: 'fs1' }, correlationId: callId, causationId: callId };
  await app.parts.dispatcher.dispatch(streamOf('call', callId), {
    type: 'StartCall',
    data: {
      callId, interactionId: callId, switchSessionId: 's', direction: 'inbound', numberId, from: `+49151${number.slice(-6)}`, fromName: '', to: number,
      leg: { legId: callId, nodeId: 'fs1', role: 'caller', direction: 'inbound', origin: 'trunk', internal: false, agentId: null, shiftId: null, personId: `p-${tenantId}`, number: `+49151${number.slice(-6)}`, name: '' },
    },
    meta,
  });
  const personId = `p-${tenantId}`;
  await app.parts.dispatcher.dispatch(streamOf('person', personId), {
    type: 'ErasePerson',
    data: { erasureId: systemRandom.uuid(), personId, kind: 'number', subjects: [personId], recordings: [], reason: 'request', reference: null },
    meta: { ...meta, commandId: systemRandom.uuid() },
  });
  return { tenantId, personId, keyId, queueId, agentId, numberId, callId, nodeId: 'fs1', recordingId: systemRandom.uuid() };
};

describe('every documented route', () => {
  let app: ApiApp;
  let routes: DocumentedRoute[];
  let acme: Readonly<Record<string, string>>;
  let globex: Readonly<Record<string, string>>;
  beforeAll(async () => {
    app = await startApiApp();
    acme = await furnish(app, 'acme', '+4930901821');
    globex = await furnish(app, 'globex', '+4930901822');
    routes = (await documentedRoutes(app)).filter((route) => !KEYLESS.has(nameOf(route)));
    expect(routes.length).toBeGreaterThan(40);
  });
  afterAll(() => app.close());

  const ask = (route: DocumentedRoute, key: string | undefined, ids: Readonly<Record<string, string>>, inBody = ids, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => {
    const body = route.bodyFor(inBody);
    return app.request(route.method, route.urlFor(ids), { ...(key === undefined ? {} : { key }), ...(body === undefined ? {} : { body }), headers });
  };

  it('says which scopes it needs', () => {
    for (const route of routes) expect([nameOf(route), route.scopes]).toEqual([nameOf(route), expect.arrayContaining([expect.stringMatching(/./)])]);
  });

  it('is closed without a key, and with a wrong one', async () => {
    const stranger = `tl_${systemRandom.uuid()}_${'A'.repeat(43)}`;
    const almost = (await app.keyFor('acme', 'admin')).replace(/.{3}$/, 'AAA');
    for (const route of routes) {
      const without = await ask(route, undefined, acme);
      expectProblem(nameOf(route), without, 401);
      expect([without.body.code, without.headers.get('www-authenticate')]).toEqual(['api-key-required', 'Bearer realm="trunkline"']);
      for (const key of [stranger, almost, 'nonsense']) expectProblem(nameOf(route), await ask(route, key, acme), 401);
    }
  });

  it('is closed to a key of its tenant that lacks the scope', async () => {
    const keys = new Map<string, string>();
    for (const scope of SCOPES) if (scope !== 'operator') keys.set(scope, await app.keyFor('acme', scope));
    for (const route of routes) {
      for (const [scope, key] of keys) {
        const opens = route.scopes.includes(scope) || (scope === 'admin' && route.scopes.some((needed) => needed !== 'operator'));
        if (opens) continue;
        const answer = await ask(route, key, acme);
        expectProblem(`${nameOf(route)} with ${scope}`, answer, 403);
        expect(answer.body.code).toBe('missing-scope');
      }
    }
  });

  it('finds nothing of another tenant, changes nothing of it, and tells nothing of it', async () => {
    const key = await app.keyFor('globex', ...SCOPES.filter((scope): scope is Exclude<Scope, 'operator'> => scope !== 'operator'));
    const ofAcme = async (): Promise<number> => (await app.parts.log.store.readAll({ maxCount: 100_000 })).filter(({ metadata }) => metadata.tenantId === 'acme').length;
    const before = await ofAcme();
    for (const route of routes) {
      if (route.path.includes('{')) {
        // Ids in the body are one's own, so that it is the path alone that names a stranger's thing.
        expectProblem(nameOf(route), await ask(route, key, acme, globex), ...(route.scopes.join() === 'operator' ? [403] : [404]));
      } else if (route.method === 'GET' && !route.streams) {
        const answer = await ask(route, key, globex);
        const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
        for (const id of ['queueId', 'agentId', 'numberId', 'callId', 'keyId']) expect([nameOf(route), text.includes(acme[id] ?? '?')]).toEqual([nameOf(route), false]);
      }
    }
    expect(await ofAcme()).toBe(before);
  });

  it('lets nobody but an operator act for another tenant', async () => {
    const key = await app.keyFor('globex', 'admin');
    for (const route of routes) {
      if (route.scopes.join() === 'operator') continue;
      const answer = await ask(route, key, acme, acme, { 'trunkline-tenant': 'acme' });
      expectProblem(nameOf(route), answer, 403);
      expect(answer.body.code).toBe('foreign-tenant');
    }
  });

  it('refuses unknown fields, and JSON that is none', async () => {
    for (const route of routes) {
      const body = route.bodyFor(acme);
      if (body === undefined) continue;
      const surplus = await app.request(route.method, route.urlFor(acme), { key: app.operator, headers: { 'trunkline-tenant': 'acme' }, body: { ...(body as object), surplus: 1 } });
      expectProblem(nameOf(route), surplus, 422);
      expect([nameOf(route), surplus.body.errors]).toEqual([nameOf(route), [{ field: 'surplus', message: 'surplus is not known here' }]]);
      const broken = await app.request(route.method, route.urlFor(acme), { key: app.operator, raw: '{"a":' });
      expectProblem(nameOf(route), broken, 400);
      expect(broken.body.code).toBe('malformed-json');
    }
  });

  it('finds nothing under an id that is none', async () => {
    for (const route of routes) {
      if (!route.path.includes('{')) continue;
      for (const id of ['%00', 'a%20b', '%F0%9F%98%80', '..%2F..', 'x'.repeat(101)]) {
        const ids = Object.fromEntries(Object.keys(acme).map((name) => [name, id]));
        expectProblem(`${nameOf(route)} ${id}`, await app.request(route.method, route.urlFor(ids), { key: app.operator, ...(route.bodyFor(acme) === undefined ? {} : { body: route.bodyFor(acme) }) }), 404, 414);
      }
    }
  });
});
