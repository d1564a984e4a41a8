import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readModels } from '../../projections/read-models.js';
import { CallCenter } from '../support/call-center.js';
import { eventually } from '../support/engine.js';
import { EventSource, onlyPushed, type ServerSentEvent } from '../support/event-source.js';

// A loaded machine takes its time; nothing here is timed.
jest.setTimeout(60_000);

const SALES = '+4930555010';
const ERIKA = '+4915112345678';

describe('live boards and the past, over HTTP', () => {
  let center: CallCenter;
  let key: string;
  const open: EventSource[] = [];

  beforeAll(async () => {
    center = await CallCenter.start({ projections: readModels, change: (parts) => ({ ...parts, clock: onlyPushed }) });
    key = await center.keyFor('acme', 'calls:read', 'audit:read');
    await center.queue('sales', SALES, { wrapUpMs: 0 });
  });
  afterEach(() => {
    for (const source of open.splice(0)) source.close();
  });
  afterAll(() => center.close());

  const get = (path: string, as = key) => center.request('GET', path, { key: as });
  const watch = async (board: string, lastId?: string, as = key): Promise<EventSource> => {
    const source = await EventSource.open(`${center.url}/v1/live/${board}`, as, lastId);
    open.push(source);
    return source;
  };
  const head = (): Promise<bigint> => center.engine.engine.core.store.head();
  const rowOf = ({ data }: ServerSentEvent, field: string, id: string): Record<string, unknown> | undefined => [...(data.rows ?? []), ...(data.changed ?? [])].find((row: Record<string, unknown>) => row[field] === id);

  it('lists the calls that go on, and who waits in a queue', async () => {
    const line = center.call(SALES, ERIKA);
    const { channelId: callId } = line;
    const { position } = await center.seen(callId, 'CallEnqueued');
    const after = `after=${position}`;
    expect((await get(`/v1/calls?${after}`)).body.items).toMatchObject([{ callId, state: 'queued', queueId: 'sales', fromNumber: ERIKA }]);
    expect((await get(`/v1/calls/${callId}`)).body).toMatchObject({ callId, legs: [{ role: 'caller' }] });
    expect((await get('/v1/calls?state=talking')).body.items).toEqual([]);
    expect((await get('/v1/calls?waiting=true&queueId=sales')).body.items).toHaveLength(1);
    expect(await get('/v1/calls?state=sleeping')).toMatchObject({ status: 422, body: { errors: [{ field: 'state' }] } });
    expect((await get(`/v1/queue-board?${after}`)).body.items).toMatchObject([{ queueId: 'sales', name: 'Sales', waiting: 1, members: 0 }]);
    expect((await get('/v1/queue-board/sales/waiting')).body.items).toMatchObject([{ callId }]);
    expect(await get('/v1/queue-board/nowhere/waiting')).toMatchObject({ status: 404, body: { code: 'queue-not-found' } });
    line.hangUp();
    const ended = await center.seen(callId, 'CallEnded');
    expect(await get(`/v1/calls/${callId}?after=${ended.position}`)).toMatchObject({ status: 404, body: { code: 'call-not-found' } });
  });

  it('shows how a call, an agent and a queue were at a time, and what was known as of a position', async () => {
    await center.agent('ben', '1002', 'sales');
    const line = center.call(SALES, ERIKA);
    const { channelId: callId } = line;
    const enqueued = await center.seen(callId, 'CallEnqueued');
    const bridged = await center.seen(callId, 'AgentContactStarted');
    line.hangUp();
    const ended = await center.seen(callId, 'CallEnded');
    const after = `after=${await head()}`;
    const call = (query: string) => get(`/v1/calls/${callId}/state?${query}`);
    expect((await call(after)).body).toMatchObject({ status: 'ended', legs: [] });
    expect((await call(`at=${enqueued.metadata.occurredAt}`)).body).toMatchObject({ status: 'live', queue: { queueId: 'sales' } });
    expect((await call(`asOf=${bridged.position}`)).body).toMatchObject({ status: 'live', agentId: 'ben', queue: null });
    expect((await call(`asOf=${ended.position - 1n}`)).body).toMatchObject({ status: 'live' });
    expect(await call('asOf=1')).toMatchObject({ status: 404, body: { code: 'call-not-found' } });
    expect(await call('asOf=soon')).toMatchObject({ status: 422, body: { errors: [{ field: 'asOf' }] } });
    expect(await call('at=yesterday')).toMatchObject({ status: 422, body: { errors: [{ field: 'at' }] } });
    expect((await get(`/v1/agents/ben/state?at=${bridged.metadata.occurredAt}`)).body).toMatchObject({ presence: 'available', engagement: 'on-call', callId });
    expect((await get('/v1/agents/nobody/state')).body.code).toBe('agent-not-found');
    expect((await get(`/v1/queues/sales/state?asOf=${enqueued.position}`)).body).toMatchObject({ waiting: [{ callId }], agents: [{ agentId: 'ben', presence: 'available' }] });
    expect((await get('/v1/queues/nowhere/state')).body.code).toBe('queue-not-found');
  });

  it('pushes what happens to calls, agents and queues to those who watch', async () => {
    const [calls, agents, queues] = [await watch('calls'), await watch('agents'), await watch('queues')];
    expect(calls.headers.get('content-type')).toMatch(/^text\/event-stream/);
    for (const source of [calls, agents, queues]) expect((await source.next('a snapshot', () => true)).event).toBe('snapshot');
    await agents.next('Ben is idle', (event) => rowOf(event, 'agentId', 'ben')?.['engagement'] === 'idle');
    const before = agents.events.length;
    const line = center.call(SALES, ERIKA);
    const { channelId: callId } = line;
    await calls.next('the call appears', (event) => event.event === 'change' && rowOf(event, 'callId', callId) !== undefined);
    await calls.next('they talk', (event) => rowOf(event, 'callId', callId)?.['state'] === 'talking');
    await agents.next('Ben is on the call', (event) => rowOf(event, 'agentId', 'ben')?.['engagement'] === 'on-call');
    await queues.next('the queue tells it', (event) => rowOf(event, 'queueId', 'sales')?.['talking'] === 1);
    line.hangUp();
    await calls.next('the call is gone', (event) => event.data.removed?.includes(callId) === true);
    await agents.next('Ben is free', (event) => rowOf(event, 'agentId', 'ben')?.['engagement'] === 'idle', before);
    const ids = calls.events.map(({ id }) => Number(id.split('.')[1]));
    expect(ids).toEqual(ids.map((_, index) => ids[0]! + index));
  });

  it('goes on where a watcher left, and begins anew where that is not known', async () => {
    const first = await watch('calls');
    const snapshot = await first.next('a snapshot', () => true);
    const line = center.call(SALES, ERIKA);
    const { channelId: callId } = line;
    const seen = await first.next('the call appears', (event) => rowOf(event, 'callId', callId) !== undefined);
    await first.next('they talk', (event) => rowOf(event, 'callId', callId)?.['state'] === 'talking');
    first.close();
    line.hangUp();
    await center.seen(callId, 'CallEnded');
    const again = await watch('calls', seen.id);
    await again.next('the call is gone', (event) => event.data.removed?.includes(callId) === true);
    expect(again.events.map(({ event }) => event)).not.toContain('snapshot');
    expect(again.events[0]!.id).not.toBe(seen.id);
    const whole = await watch('calls', snapshot.id);
    await whole.next('the call is gone', (event) => event.data.removed?.includes(callId) === true);
    const stranger = await watch('calls', `${'0'.repeat(8)}.7`);
    expect((await stranger.next('a snapshot', () => true)).event).toBe('snapshot');
  });

  it('shows nothing of another tenant, whatever happens there', async () => {
    const stranger = await center.keyFor('globex', 'admin');
    const [theirs, ours] = [await watch('calls', undefined, stranger), await watch('calls')];
    const line = center.call(SALES, ERIKA);
    await ours.next('the call appears', (event) => rowOf(event, 'callId', line.channelId) !== undefined);
    line.hangUp();
    await ours.next('the call is gone', (event) => event.data.removed?.includes(line.channelId) === true);
    expect(theirs.events).toEqual([{ event: 'snapshot', id: expect.any(String), data: { rows: [], complete: true } }]);
    for (const path of ['calls', 'agent-board', 'queue-board']) expect((await get(`/v1/${path}`, stranger)).body.items).toEqual([]);
    expect((await get(`/v1/calls/${line.channelId}/state`, stranger)).status).toBe(404);
  });

  it('tells operators, and nobody else, when a media node could not be heard', async () => {
    const operator = await center.keyFor('system', 'operator');
    const before = (await get('/v1/node-gaps', operator)).body.items.length;
    for (const session of [...center.fs.sessions]) session.cut();
    const gaps = await eventually('the gap is on record', async () => {
      const { items } = (await get(`/v1/node-gaps?nodeId=fs1&after=${await head()}`, operator)).body;
      return items.length > before && items[0].toAt !== null ? items : undefined;
    });
    expect(gaps[0]).toMatchObject({ nodeId: 'fs1', cause: 'connection-lost', channelsSeen: 0, endsInferred: 0, durationMs: expect.any(Number) });
    expect((await get('/v1/node-gaps?nodeId=other', operator)).body.items).toEqual([]);
    expect((await get('/v1/node-gaps')).status).toBe(403);
    await eventually('the node is back', () => center.engine.engine.telephony?.media.isReady('fs1'));
  });

  it('lets go of those who watch when it stops', async () => {
    const other = await CallCenter.start({ projections: readModels });
    const source = await EventSource.open(`${other.url}/v1/live/calls`, await other.keyFor('acme', 'calls:read'));
    await source.next('a snapshot', () => true);
    await other.close();
    await eventually('the stream ends', () => source.ended);
  });
});
