import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type ApiApp, startApiApp } from '../support/api-app.js';

// A loaded machine takes its time; nothing here is timed.
jest.setTimeout(60_000);

describe('tenants over HTTP', () => {
  let app: ApiApp;
  beforeAll(async () => {
    app = await startApiApp();
  });
  afterAll(() => app.close());

  const settings = { name: 'Acme GmbH', country: 'DE', timeZone: 'Europe/Berlin' };

  it('creates, lists, configures and retires', async () => {
    const key = app.operator;
    const created = await app.request('POST', '/v1/tenants', { key, body: { tenantId: 'acme', settings } });
    expect(created).toMatchObject({ status: 201, body: { tenantId: 'acme', position: expect.stringMatching(/^\d+$/) } });
    expect(await app.request('GET', `/v1/tenants?after=${created.body.position}`, { key })).toMatchObject({ status: 200, body: { items: [{ tenantId: 'acme', status: 'active', settings }], next: null } });
    const configured = await app.request('PUT', '/v1/tenants/acme', { key, body: { settings: { ...settings, name: 'Acme AG' } } });
    expect(configured.status).toBe(200);
    expect((await app.request('GET', `/v1/tenants/acme?after=${configured.body.position}`, { key })).body.settings.name).toBe('Acme AG');
    const retired = await app.request('DELETE', '/v1/tenants/acme', { key });
    expect(retired.status).toBe(200);
    expect((await app.request('GET', `/v1/tenants/acme?after=${retired.body.position}`, { key })).body.status).toBe('retired');
    expect(await app.request('PUT', '/v1/tenants/acme', { key, body: { settings } })).toMatchObject({ status: 409, body: { code: 'tenant-retired' } });
  });

  it('makes an id where none is wished for, and the same again for the same Idempotency-Key', async () => {
    const again = () => app.request('POST', '/v1/tenants', { key: app.operator, body: { settings }, headers: { 'idempotency-key': 'k-1' } });
    const first = await again();
    expect(first.status).toBe(201);
    expect((await again()).body).toEqual(first.body);
    const other = await app.request('POST', '/v1/tenants', { key: app.operator, body: { settings: { ...settings, name: 'Other' } }, headers: { 'idempotency-key': 'k-1' } });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  });

  it('refuses what is wrong, field by field', async () => {
    const answer = await app.request('POST', '/v1/tenants', { key: app.operator, body: { tenantId: 'No Good', settings: { ...settings, country: 'Germany', colour: 'red' }, extra: 1 } });
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ code: 'invalid-request', status: 422, requestId: answer.headers.get('x-request-id') });
    expect(answer.body.errors.map(({ field }: { field: string }) => field).sort()).toEqual(['extra', 'settings.colour', 'settings.country', 'tenantId']);
  });
});
