import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { isoTime } from '../../src/kernel/clock.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { type Answer, type ApiApp, startApiApp } from '../support/api-app.js';

// A loaded machine takes its time; nothing here is timed.
jest.setTimeout(60_000);

describe('API keys', () => {
  let app: ApiApp;
  /** Milliseconds that the API's clock is ahead of the machine's. */
  let ahead = 0;
  beforeAll(async () => {
    app = await startApiApp({ clock: { ...systemClock, now: () => systemClock.now() + ahead } });
    await app.keyFor('acme', 'admin');
    await app.keyFor('globex', 'admin');
  });
  afterAll(() => app.close());

  const issue = (tenant: string, body: Record<string, unknown>, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    app.request('POST', '/v1/api-keys', { key: app.operator, headers: { 'trunkline-tenant': tenant, ...headers }, body: { name: 'wallboard', scopes: ['calls:read'], ...body } });
  const works = async (key: string): Promise<Answer> => app.request('GET', '/v1/queues', { key });

  it('is shown once, works, and stops working when it is revoked', async () => {
    const { status, body } = await issue('acme', {});
    expect(status).toBe(201);
    expect(body.key).toMatch(new RegExp(`^tl_${String(body.keyId)}_[0-9A-Za-z_-]{43}$`));
    const shown = await app.request('GET', `/v1/api-keys/${body.keyId}?after=${body.position}`, { key: app.operator, headers: { 'trunkline-tenant': 'acme' } });
    expect(shown.body).toEqual({ keyId: body.keyId, tenantId: 'acme', name: 'wallboard', scopes: ['calls:read'], status: 'issued', issuedAt: expect.any(String), expiresAt: null });
    expect(await works(body.key)).toMatchObject({ status: 200 });
    expect(await app.request('DELETE', `/v1/api-keys/${body.keyId}`, { key: app.operator, headers: { 'trunkline-tenant': 'globex' } })).toMatchObject({ status: 404 });
    const revoked = await app.request('DELETE', `/v1/api-keys/${body.keyId}?reason=lost`, { key: app.operator, headers: { 'trunkline-tenant': 'acme' } });
    expect(revoked.status).toBe(200);
    await app.request('GET', `/v1/api-keys?after=${revoked.body.position}`, { key: app.operator });
    expect(await works(body.key)).toMatchObject({ status: 401, body: { code: 'invalid-api-key' } });
    expect((await app.parts.log.readStream(`apiKey-${body.keyId}`)).map(({ type, data }) => [type, (data as { reason?: string }).reason])).toEqual([['ApiKeyIssued', undefined], ['ApiKeyRevoked', 'lost']]);
  });

  it('is nowhere but in the answer', async () => {
    const { body } = await issue('acme', {});
    const secret = String(body.key).split('_').slice(2).join('_');
    const stored = await app.parts.log.store.readAll({ maxCount: 10_000 });
    expect(JSON.stringify(stored, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(secret);
    expect(app.logged.join('')).not.toContain(secret);
  });

  it('cannot be had again by repeating the request', async () => {
    const first = await issue('acme', {}, { 'idempotency-key': 'issue-1' });
    expect(first.status).toBe(201);
    expect(await issue('acme', {}, { 'idempotency-key': 'issue-1' })).toMatchObject({ status: 409, body: { code: 'api-key-already-issued', detail: expect.stringContaining(first.body.keyId as string) } });
    expect(await works(first.body.key)).toMatchObject({ status: 200 });
  });

  it('expires', async () => {
    const { body } = await issue('acme', { expiresAt: isoTime(systemClock.now() + ahead + 60_000) });
    expect(await works(body.key)).toMatchObject({ status: 200 });
    ahead += 60_001;
    expect(await works(body.key)).toMatchObject({ status: 401, body: { code: 'api-key-expired' } });
    for (const expiresAt of ['2020-01-01T00:00:00Z', 'tomorrow', '2030-02-30T00:00:00Z', '2030-01-01', 7]) expect(await issue('acme', { expiresAt })).toMatchObject({ status: 422 });
  });

  it('has scopes that there are, each once', async () => {
    for (const scopes of [[], ['everything'], ['calls:read', 'calls:read'], 'calls:read', null]) expect(await issue('acme', { scopes })).toMatchObject({ status: 422, body: { errors: [{ field: 'scopes' }] } });
    expect(await issue('nowhere', {})).toMatchObject({ status: 404, body: { code: 'tenant-not-found' } });
  });

  it('of an operator acts for the tenant that is named, and the log says who it was', async () => {
    const answer = await app.request('POST', '/v1/queues', { key: app.operator, headers: { 'trunkline-tenant': 'globex', 'x-request-id': '7D8E6E5A-31B0-4B1C-9A55-0F1F6A0C9A11' }, body: { settings: { name: 'Q' } } });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-request-id')).toBe('7d8e6e5a-31b0-4b1c-9a55-0f1f6a0c9a11');
    const [created] = await app.parts.log.readStream(`queue-${answer.body.queueId}`);
    expect(created?.metadata).toMatchObject({ tenantId: 'globex', actor: { kind: 'operator' }, $correlationId: '7d8e6e5a-31b0-4b1c-9a55-0f1f6a0c9a11' });
  });

  it('of a retired tenant opens nothing any more', async () => {
    const key = await app.keyFor('initech', 'admin');
    expect(await works(key)).toMatchObject({ status: 200 });
    const retired = await app.request('DELETE', '/v1/tenants/initech', { key: app.operator });
    await app.request('GET', `/v1/tenants?after=${retired.body.position}`, { key: app.operator });
    expect(await works(key)).toMatchObject({ status: 401, body: { code: 'tenant-not-active' } });
  });
});
