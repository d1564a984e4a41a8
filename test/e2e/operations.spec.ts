import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type ApiApp, startApiApp } from '../support/api-app.js';

// A loaded machine takes its time; nothing here is timed.
jest.setTimeout(60_000);

describe('operations', () => {
  let app: ApiApp;
  let reason: string | undefined;
  beforeAll(async () => {
    app = await startApiApp({ change: (parts) => ({ ...parts, readiness: [{ name: 'telephony', failure: 'no-node-connected', problem: () => Promise.resolve(reason === undefined ? undefined : { code: 'no-node-connected', reason }) }, { name: 'database', failure: 'database-away', problem: async () => void (await parts.database.query('SELECT 1')) }] }) });
  });
  afterAll(() => app.close());

  it('tells whether it can serve, and if not, why', async () => {
    expect(await app.request('GET', '/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await app.request('GET', '/ready')).toMatchObject({ status: 200, body: { status: 'ready', checks: [{ name: 'telephony', ready: true }, { name: 'database', ready: true }, { name: 'staying', ready: true }] } });
    reason = 'no media node is connected';
    expect(await app.request('GET', '/ready')).toMatchObject({ status: 503, body: { status: 'not-ready', checks: [{ name: 'telephony', ready: false, code: 'no-node-connected', reason }, { name: 'database', ready: true }, { name: 'staying', ready: true }] } });
  });

  it('goes on answering for a while when it is asked to stop, and says no to whoever asks whether it is ready', async () => {
    const other = await startApiApp();
    const before = await other.request('GET', '/live');
    const closed = other.close(2_000);
    const [ready, health] = await Promise.all([other.request('GET', '/ready'), other.request('GET', '/live')]);
    expect([before.headers.get('connection'), health.status, health.headers.get('connection')]).toEqual(['keep-alive', 200, 'close']);
    expect(ready).toMatchObject({ status: 503, body: { checks: expect.arrayContaining([{ name: 'staying', ready: false, code: 'stopping', reason: 'this process was asked to stop' }]) } });
    await closed;
    await expect(other.request('GET', '/live')).rejects.toThrow();
  });

  it('measures requests by route and counts alarms, for operators', async () => {
    app.parts.alarms.raise({ code: 'something', message: 'x' });
    await app.request('GET', '/v1/tenants/acme', { key: app.operator });
    expect((await app.request('GET', '/metrics')).status).toBe(401);
    expect((await app.request('GET', '/metrics', { key: await app.keyFor('acme', 'admin') })).status).toBe(403);
    const { status, headers, body } = await app.request('GET', '/metrics', { key: app.operator });
    expect([status, headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/plain/)]);
    expect(body).toMatch(/trunkline_http_request_duration_seconds_count\{method="GET",route="\/v1\/tenants\/:tenantId",status="404"\} 1/);
    expect(body).toMatch(/trunkline_alarms_total\{code="something"\} 1/);
  });

  it('documents itself, without a key and without the Internet', async () => {
    const page = await app.request('GET', '/docs');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/html/)]);
    expect(page.body).not.toMatch(/https?:\/\//);
    for (const [, path] of String(page.body).matchAll(/(?:src|href)="([^"]+)"/g)) expect([path, (await app.request('GET', path ?? '')).status]).toEqual([path, 200]);
    const { body: document } = await app.request('GET', '/docs-json');
    expect(document.openapi).toMatch(/^3\./);
    const operations = Object.entries(document.paths as Record<string, Record<string, { summary?: string; tags?: string[]; operationId: string; responses: Record<string, unknown> }>>).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })));
    for (const { name, summary, tags, responses } of operations) {
      expect([name, summary, tags]).toEqual([name, expect.stringMatching(/./), [expect.any(String)]]);
      if (name.includes('/v1/')) expect([name, Object.keys(responses)]).toEqual([name, expect.arrayContaining(['401', '422', '503'])]);
    }
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
