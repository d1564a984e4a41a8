import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readModels } from '../../projections/read-models.js';
import { msOf } from '../../src/kernel/clock.js';
import { CallCenter } from '../support/call-center.js';
import { eventually } from '../support/engine.js';

// A loaded machine takes its time; nothing here is timed.
jest.setTimeout(60_000);

const SALES = '+4930555010';
const ERIKA = '+4915112345678';

describe('reports over HTTP', () => {
  let center: CallCenter;
  let key: string;
  let answered: string;
  let abandoned: string;
  let last: bigint;

  beforeAll(async () => {
    center = await CallCenter.start({ projections: readModels });
    key = await center.keyFor('acme', 'reports:read');
    await center.queue('sales', SALES, { wrapUpMs: 0 });
    const impatient = center.call(SALES, '+4930999');
    abandoned = impatient.channelId;
    await center.seen(abandoned, 'CallEnqueued');
    impatient.hangUp();
    await center.seen(abandoned, 'CallEnded');
    await center.agent('ann', '1001', 'sales');
    const line = center.call(SALES, ERIKA);
    answered = line.channelId;
    await center.seen(answered, 'LegsBridged');
    line.hangUp();
    await center.seen(answered, 'CallEnded');
    await eventually('Ann is free', () => center.engine.engine.telephony?.routing.shiftOf('ann')?.contacts.length === 0);
    last = await center.engine.engine.core.store.head();
  });
  afterAll(() => center.close());

  const get = (path: string, as = key) => center.request('GET', path, { key: as });
  const after = () => `after=${last}`;

  it('lists CDRs newest first, filtered and page by page, as soon as a position is there', async () => {
    const all = await get(`/v1/call-history?${after()}`);
    expect(all.status).toBe(200);
    expect(all.body.items.map(({ callId }: { callId: string }) => callId)).toEqual([answered, abandoned]);
    expect(all.body.items[0]).toMatchObject({ disposition: 'answered', agentId: 'ann', queueId: 'sales', fromNumber: ERIKA, endedBy: 'caller' });
    const first = await get('/v1/call-history?limit=1');
    const second = await get(`/v1/call-history?limit=1&cursor=${first.body.next}`);
    expect([first.body.items[0].callId, second.body.items[0].callId, second.body.next]).toEqual([answered, abandoned, null]);
    const found = async (query: string): Promise<string[]> => (await get(`/v1/call-history?${query}`)).body.items.map(({ callId }: { callId: string }) => callId);
    expect(await found('disposition=abandoned')).toEqual([abandoned]);
    expect(await found(`number=${encodeURIComponent(ERIKA)}`)).toEqual([answered]);
    expect(await found(`number=${ERIKA}`)).toEqual([answered]);
    expect(await found('agentId=ann')).toEqual([answered]);
    expect(await found('queueId=other')).toEqual([]);
    expect(await found('minDurationMs=100000')).toEqual([]);
    expect(await found(`from=${all.body.items[0].startedAt}`)).toEqual([answered]);
    expect(await found(`to=${all.body.items[0].startedAt}&ended=true&held=false`)).toEqual([abandoned]);
  });

  it('shows one CDR with legs and segments, and sums all', async () => {
    const one = await get(`/v1/call-history/${answered}?${after()}`);
    expect(one.body).toMatchObject({ callId: answered, legs: [{ role: 'caller' }, { role: 'agent', agentId: 'ann' }], segments: [{ kind: 'queue', reason: 'answered' }, { kind: 'agent-contact', agentId: 'ann' }] });
    expect((await get('/v1/call-history/totals')).body).toMatchObject({ calls: 2, open: 0, dispositions: { answered: 1, abandoned: 1 } });
    expect(await get('/v1/call-history/unknown')).toMatchObject({ status: 404, body: { code: 'call-not-found' } });
  });

  it('exports CSV and NDJSON with the same columns, oldest first', async () => {
    const csv = await get(`/v1/call-history/export?${after()}`);
    expect(csv.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="calls.csv"');
    const lines = (csv.body as string).trim().split('\r\n');
    expect(lines).toHaveLength(3);
    expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual([abandoned, answered]);
    const ndjson = await get('/v1/call-history/export?format=ndjson');
    expect(ndjson.headers.get('content-type')).toMatch(/^application\/x-ndjson/);
    const calls = (ndjson.body as string).trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(calls.map(({ callId }) => callId)).toEqual([abandoned, answered]);
    expect(Object.keys(calls[0]!)).toEqual(lines[0]!.split(','));
    expect(await get('/v1/call-history/export?format=xml')).toMatchObject({ status: 422, body: { errors: [{ field: 'format' }] } });
    expect(await get('/v1/call-history/export?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z')).toMatchObject({ status: 422, body: { code: 'invalid-range' } });
  });

  it('shows the agents, what they did when, and how occupied they were', async () => {
    expect((await get(`/v1/agent-board?${after()}`)).body.items).toEqual([expect.objectContaining({ agentId: 'ann', presence: 'available', engagement: 'idle', queues: ['sales'], contacts: 1 })]);
    expect((await get('/v1/agent-board/ann')).body).toMatchObject({ agentId: 'ann', displayName: 'ann' });
    expect(await get('/v1/agent-board/nobody')).toMatchObject({ status: 404, body: { code: 'agent-not-found' } });
    const { items } = (await get('/v1/agent-intervals?agentId=ann')).body;
    expect(items.map(({ engagement }: { engagement: string }) => engagement)).toContain('on-call');
    items.reduce((before: { toAt: string }, interval: { fromAt: string }) => {
      expect(interval.fromAt).toBe(before.toAt);
      return interval;
    });
    const range = `from=${new Date(msOf(items[0].fromAt) - 1000).toISOString()}&to=${new Date(msOf(items[0].fromAt) + 3_600_000).toISOString()}`;
    const [ann] = (await get(`/v1/agent-statistics?${range}`)).body.items;
    expect(ann).toMatchObject({ agentId: 'ann', occupancy: { formula: 'occupancy', unit: 'ratio' } });
    expect(ann.onCallMs).toBeGreaterThan(0);
    expect((await get(`/v1/queue-agent-statistics?${range}`)).body.items).toMatchObject([{ queueId: 'sales', agents: 1, handleMs: ann.handleMs }]);
    expect(await get('/v1/agent-statistics?from=2026-03-01T00:00:00Z')).toMatchObject({ status: 422, body: { errors: [{ field: 'to' }] } });
  });

  it('measures queues by every formula side by side', async () => {
    const [call] = (await get('/v1/call-history')).body.items;
    const range = `from=${call.startedAt.slice(0, 10)}T00:00:00Z&to=${call.startedAt.slice(0, 4)}-12-31T23:59:59Z`;
    const [sales] = (await get(`/v1/queue-statistics?${range}&${after()}`)).body.items;
    expect(sales).toMatchObject({
      queueId: 'sales', attributedTo: 'queue-entry', thresholds: { serviceLevelSeconds: [20], shortAbandonSeconds: [5] }, counts: { offered: 2, answered: 1, abandoned: 1, shortAbandoned: 1 },
      figures: { 'SL-a': { value: 1 }, 'SL-b': { formula: 'SL-b', value: 0.5, numerator: 1, denominator: 2 }, 'SL-e': { value: 1 }, abandonment: { value: 0.5 } },
    });
    const formulas = (await get('/v1/queue-statistics/formulas')).body.items;
    expect(formulas.map(({ id }: { id: string }) => id).sort()).toEqual(Object.keys(sales.figures).sort());
    expect(await get(`/v1/queue-statistics?${range}&timeZone=Mars/Olympus`)).toMatchObject({ status: 422, body: { code: 'invalid-time-zone' } });
    expect(await get(`/v1/queue-statistics?${range}&serviceLevelSeconds=0`)).toMatchObject({ status: 422, body: { errors: [{ field: 'serviceLevelSeconds' }] } });
    expect(await get('/v1/queue-statistics')).toMatchObject({ status: 422, body: { errors: [{ field: 'from' }, { field: 'to' }] } });
  });

  it('shows other tenants nothing, and keys without the scope neither', async () => {
    const stranger = await center.keyFor('globex', 'admin');
    for (const path of ['/v1/call-history', '/v1/agent-board', '/v1/agent-intervals']) expect(await get(path, stranger)).toMatchObject({ status: 200, body: { items: [], next: null } });
    expect((await get('/v1/call-history/totals', stranger)).body.calls).toBe(0);
    expect((await get('/v1/call-history/export', stranger)).body.trim().split('\r\n')).toHaveLength(1);
    expect((await get(`/v1/call-history/${answered}`, stranger)).status).toBe(404);
    expect((await get('/v1/agent-board/ann', stranger)).status).toBe(404);
    const other = await center.keyFor('acme', 'calls:write');
    expect((await get('/v1/call-history', other)).status).toBe(403);
  });
});
