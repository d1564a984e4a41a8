import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { configuration } from '../../projections/configuration/configuration.projection.js';
import { liveCalls } from '../../projections/live-calls/live-calls.projection.js';
import type { Line } from '../../src/simulator/switch/far-end.js';
import { CallCenter } from '../support/call-center.js';
import { quickPhone } from '../support/phones.js';
import { eventually } from '../support/engine.js';

// A loaded machine takes its time; nothing here is timed.
jest.setTimeout(60_000);

const SALES = '+4930555010';
const IVR = '+4930555020';

describe('commands on live calls, over HTTP', () => {
  let center: CallCenter;
  let key: string;

  beforeAll(async () => {
    center = await CallCenter.start({ projections: [liveCalls] });
    key = await center.keyFor('acme', 'calls:write', 'audit:read');
    await center.queue('sales', SALES);
    // Nobody serves it: whoever calls stays with the API.
    await center.queue('ivr', IVR, { answer: 'by-agent' });
    await center.agent('ann', '1001', 'sales');
  });
  afterAll(() => center.close());

  const post = (callId: string, deed: string, body: unknown = {}, headers: Readonly<Record<string, string>> = {}) => center.request('POST', `/v1/calls/${callId}/${deed}`, { key, body, headers });
  const accepted = (callId: string) => ({ status: 202, body: { callId, position: expect.stringMatching(/^[1-9]\d*$/) } });

  /** A caller who waits in a queue without agents. */
  const waiting = async (heard: string[] = []): Promise<Line> => {
    const line = center.call(IVR, '+4915112345678', quickPhone(heard));
    await center.seen(line.channelId, 'CallEnqueued');
    return line;
  };

  /** A caller who talks with Ann. */
  const talking = async (): Promise<{ readonly callId: string; readonly line: Line; readonly agentLeg: string }> => {
    const line = center.call(SALES);
    const contact = await center.seen(line.channelId, 'AgentContactStarted');
    await center.seen(line.channelId, 'LegsBridged');
    return { callId: line.channelId, line, agentLeg: (contact.data as { legId: string }).legId };
  };

  const listening = (callId: string): Promise<unknown> => eventually('the switch waits for digits', () => center.fs.channels.get(callId)?.apps.some(({ app }) => app === 'play_and_get_digits'));

  const over = async (callId: string): Promise<void> => {
    await center.seen(callId, 'CallEnded');
    await eventually('Ann is free', () => {
      const shift = center.engine.engine.telephony?.routing.shiftOf('ann');
      return shift !== undefined && shift.reservation === null && shift.contacts.length === 0 && shift.wrapUp === null;
    });
  };

  it('answers a caller who waits unanswered, plays to them, and hangs up', async () => {
    const line = await waiting();
    const { channelId: callId } = line;
    const answered = await post(callId, 'answer');
    expect(answered).toMatchObject(accepted(callId));
    await center.truly('answered', callId);
    await center.seen(callId, 'SwitchActionSucceeded', { actionId: answered.body.actionId });
    expect(await post(callId, 'answer')).toMatchObject({ status: 202, body: { position: '0', actionId: null } });

    const played = await post(callId, 'play', { media: 'ivr/welcome.wav' });
    await center.seen(callId, 'PlaybackStarted', { media: 'ivr/welcome.wav' });
    await center.seen(callId, 'SwitchActionSucceeded', { actionId: played.body.actionId });
    await post(callId, 'stop-playing');
    await center.seen(callId, 'PlaybackStopped', { media: 'ivr/welcome.wav' });

    expect(await post(callId, 'hang-up', { cause: 'USER_BUSY' })).toMatchObject(accepted(callId));
    expect(await center.truly('ended', callId)).toMatchObject({ cause: 'USER_BUSY', byFarEnd: false });
    await center.seen(callId, 'CallEnded', { cause: 'USER_BUSY', endedBy: 'switch' });
  });

  it('collects and sends digits', async () => {
    const heard: string[] = [];
    const line = await waiting(heard);
    const { channelId: callId } = line;
    await post(callId, 'answer');
    await center.seen(callId, 'LegAnswered');
    const { body } = await post(callId, 'collect-digits', { maxDigits: 4 });
    await listening(callId);
    line.press('42#');
    expect(await center.seen(callId, 'DigitsCollected')).toMatchObject({ data: { digits: '42', result: 'success', actionId: body.actionId } });
    await post(callId, 'send-digits', { digits: '7*' });
    await eventually('the digits arrive', () => heard.includes('7*'));

    const secret = await post(callId, 'collect-digits', { maxDigits: 4, sensitive: true });
    await listening(callId);
    line.press('9876');
    await center.seen(callId, 'SwitchActionSucceeded', { actionId: secret.body.actionId });
    expect(JSON.stringify(await center.events(callId), (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))).not.toContain('9876');
    line.hangUp();
    await center.seen(callId, 'CallEnded');
  });

  it('holds, resumes and records a conversation, and ends it with its caller', async () => {
    const { callId, line, agentLeg } = await talking();
    await post(callId, 'hold');
    expect(await center.truly('held', agentLeg)).toMatchObject({ by: 'switch' });
    await center.seen(callId, 'LegHeld', { legId: agentLeg });
    await post(callId, 'resume');
    await center.truly('resumed', agentLeg);
    await center.seen(callId, 'LegResumed', { legId: agentLeg });

    const recording = await center.request('POST', `/v1/calls/${callId}/recordings`, { key });
    expect(recording).toMatchObject(accepted(callId));
    const { recordingId } = recording.body;
    await center.truly('recording-started', callId);
    await center.seen(callId, 'RecordingStarted', { recordingId, path: `/tmp/${recordingId}.wav`, legId: callId });
    const stop = () => center.request('DELETE', `/v1/calls/${callId}/recordings/${recordingId}`, { key });
    expect(await stop()).toMatchObject(accepted(callId));
    await center.truly('recording-stopped', callId);
    await center.seen(callId, 'RecordingStopped', { recordingId });
    expect(await stop()).toMatchObject({ status: 409, body: { code: 'not-recording' } });
    line.hangUp();
    await over(callId);
  });

  it('parks two who talk and bridges them again', async () => {
    const { callId, line, agentLeg } = await talking();
    // Parked alone, the other one would be hung up: both go.
    await center.request('POST', `/v1/calls/${callId}/transfer`, { key, body: { destination: 'nowhere-parks', side: 'both' } });
    await eventually('both are parked', () => [callId, agentLeg].every((id) => center.fs.channels.get(id)?.parked));
    expect(await post(callId, 'bridge')).toMatchObject(accepted(callId));
    await eventually('they talk again', () => center.fs.channels.get(callId)?.bridge?.stage === 'up');
    line.hangUp();
    await over(callId);
  });

  it('transfers a caller blindly', async () => {
    const { callId } = await talking();
    await post(callId, 'transfer', { destination: '9103' });
    expect(await center.truly('transferred', callId)).toMatchObject({ destination: '9103', by: 'switch' });
    await center.seen(callId, 'LegTransferred', { legId: callId });
    await post(callId, 'hang-up');
    await over(callId);
  });

  it('sends a caller who talks on to a queue', async () => {
    const { callId, line } = await talking();
    const queued = await post(callId, 'enqueue', { queueId: 'ivr', priority: 2 });
    expect(queued).toMatchObject(accepted(callId));
    await center.seen(callId, 'CallEnqueued', { segmentId: queued.body.segmentId, queueId: 'ivr', priority: 2 });
    await eventually('the caller is parked', () => center.fs.channels.get(callId)?.parked);
    expect(await post(callId, 'enqueue', { queueId: 'sales' })).toMatchObject({ status: 409, body: { code: 'already-queued' } });
    line.hangUp();
    await over(callId);
  });

  it('calls somebody, once, and hands the call to whoever asked', async () => {
    const order = { to: '030 555 77', from: '+493099887766', fromName: 'Acme', ringTimeoutMs: 5_000 };
    const headers = { 'idempotency-key': 'call-them-once' };
    const placed = await center.request('POST', '/v1/calls', { key, body: order, headers });
    expect(placed).toMatchObject({ status: 202, body: { callId: expect.any(String) } });
    const { callId } = placed.body;
    const created = await center.truly('created', callId);
    expect(created).toMatchObject({ direction: 'outbound', from: '+493099887766', fromName: 'Acme', to: '+493055577' });
    expect((await center.request('POST', '/v1/calls', { key, body: order, headers })).body).toEqual(placed.body);
    await center.seen(callId, 'LegParked');
    expect(center.truths.filter((truth) => truth.what === 'created' && truth.channelId === callId)).toHaveLength(1);
    await post(callId, 'play', { media: 'tone_stream://%(500,0,440)', loop: true });
    await eventually('it plays', () => center.fs.channels.get(callId)?.apps.some(({ app }) => app !== 'park'));
    await post(callId, 'hang-up');
    await center.seen(callId, 'CallEnded');
    const again = await post(callId, 'play', { media: 'x.wav' });
    expect(again).toMatchObject({ status: 409, body: { code: 'call-ended' } });
  });

  it('hangs up a call that is still being dialled: nobody is left with a phone that rings', async () => {
    const { body } = await center.request('POST', '/v1/calls', { key, body: { to: '+4930123457' } });
    const { callId } = body;
    expect(await post(callId, 'hang-up')).toMatchObject(accepted(callId));
    await center.seen(callId, 'CallEnded');
    await eventually('nobody rings', () => !center.fs.channels.has(callId));
    expect(center.truths.filter((truth) => truth.what === 'answered' && truth.channelId === callId)).toEqual([]);
  });

  it('calls somebody and lets them wait for an agent', async () => {
    const { body } = await center.request('POST', '/v1/calls', { key, body: { to: '+4930123456' } });
    const { callId } = body;
    await center.seen(callId, 'LegParked');
    expect(await post(callId, 'enqueue', { queueId: 'sales' })).toMatchObject(accepted(callId));
    await center.seen(callId, 'AgentContactStarted', { agentId: 'ann' });
    await eventually('they talk', () => center.fs.channels.get(callId)?.bridge?.stage === 'up');
    await post(callId, 'hang-up');
    await over(callId);
  });

  it('calls from a process that has no media node by the one that another process has', async () => {
    const other = await CallCenter.start({ projections: [configuration], change: (parts) => ({ ...parts, nodes: { choose: () => Promise.resolve(undefined) } }) });
    const otherKey = await other.keyFor('acme', 'calls:write');
    await other.engine.engine.worker?.caughtUp();
    const { body, status } = await other.request('POST', '/v1/calls', { key: otherKey, body: { to: '+4930123456' } });
    expect(status).toBe(202);
    await other.truly('created', body.callId);
    await other.close();
  });

  it('says so where no media node can place a call', async () => {
    const none = await CallCenter.start({ change: (parts) => ({ ...parts, nodes: { choose: () => Promise.resolve(undefined) } }), projections: [configuration] });
    const noneKey = await none.keyFor('acme', 'calls:write');
    none.fs.accepting = false;
    for (const session of [...none.fs.sessions]) session.cut();
    await eventually('the gap is known', async () => {
      await none.engine.engine.worker?.caughtUp();
      return (await none.request('POST', '/v1/calls', { key: noneKey, body: { to: '+4930123456' } })).body.code === 'no-media-node';
    });
    await none.close();
  });

  it('answers a repeated command as the first time, even after the call has ended', async () => {
    const line = await waiting();
    const headers = { 'idempotency-key': `answer-${line.channelId}` };
    const first = await post(line.channelId, 'answer', {}, headers);
    line.hangUp();
    await center.seen(line.channelId, 'CallEnded');
    expect((await post(line.channelId, 'answer', {}, headers)).body).toEqual(first.body);
  });

  it('refuses what cannot be done, and says why', async () => {
    const line = await waiting();
    const { channelId: callId } = line;
    const refusals: readonly (readonly [deed: string, body: unknown, status: number, code: string])[] = [
      ['hold', {}, 409, 'leg-not-answered'],
      ['bridge', {}, 409, 'no-other-leg'],
      ['bridge', { otherLegId: callId }, 422, 'same-leg'],
      ['bridge', { otherLegId: 'no-leg' }, 409, 'leg-not-live'],
      ['transfer', { destination: '9103', side: 'other' }, 409, 'leg-not-bridged'],
      ['play', { media: '../../etc/passwd' }, 422, 'invalid-request'],
      ['play', { media: 'http://example.org/x.wav' }, 422, 'invalid-request'],
      ['play', { media: 'system::reboot' }, 422, 'invalid-request'],
      ['send-digits', { digits: 'xyz' }, 422, 'invalid-request'],
      ['collect-digits', { maxDigits: 2, minDigits: 3 }, 422, 'invalid-digit-range'],
      ['collect-digits', { maxDigits: 1000 }, 422, 'invalid-request'],
      ['hang-up', { cause: 'bored; system' }, 422, 'invalid-request'],
      ['hang-up', { legId: 'no-leg' }, 404, 'leg-not-found'],
      ['enqueue', { queueId: 'nowhere' }, 404, 'queue-not-found'],
      ['enqueue', {}, 422, 'invalid-request'],
      ['answer', { colour: 'red' }, 422, 'invalid-request'],
      ['answer', { legId: 'a b' }, 422, 'invalid-request'],
    ];
    for (const [deed, body, status, code] of refusals) expect([deed, body, await post(callId, deed, body)]).toMatchObject([deed, body, { status, body: { status, code } }]);
    expect(await post('00000000-0000-4000-8000-000000000000', 'answer')).toMatchObject({ status: 404, body: { code: 'call-not-found' } });
    const place = (body: unknown) => center.request('POST', '/v1/calls', { key, body });
    expect(await place({ to: 'nobody' })).toMatchObject({ status: 422, body: { code: 'invalid-number' } });
    expect(await place({ to: '112' })).toMatchObject({ status: 422, body: { code: 'invalid-number' } });
    expect(await place({ to: '+4930123456', ringTimeoutMs: 5 })).toMatchObject({ status: 422, body: { code: 'invalid-request', errors: [{ field: 'ringTimeoutMs' }] } });
    const stranger = await center.keyFor('globex', 'admin');
    for (const deed of ['answer', 'hang-up', 'hold', 'recordings']) expect(await center.request('POST', `/v1/calls/${callId}/${deed}`, { key: stranger, body: {} })).toMatchObject({ status: 404, body: { code: 'call-not-found' } });
    const reader = await center.keyFor('acme', 'calls:read');
    expect(await center.request('POST', `/v1/calls/${callId}/answer`, { key: reader })).toMatchObject({ status: 403, body: { code: 'missing-scope' } });
    line.hangUp();
    await center.seen(callId, 'CallEnded');
  });

  it('refuses a queue that is full or retired', async () => {
    await center.queue('small', '+4930555030', { maxLength: 1, answer: 'by-agent' });
    const [one, two] = [await waiting(), center.call('+4930555030')];
    await eventually('the router counts the caller', () => center.engine.engine.telephony?.routing.queueOf('small')?.waiting === 1);
    // Though the board does not show it yet.
    expect(await post(one.channelId, 'enqueue', { queueId: 'sales' })).toMatchObject({ status: 409, body: { code: 'already-queued' } });
    expect(await post(one.channelId, 'enqueue', { queueId: 'small' })).toMatchObject({ status: 409, body: { code: 'queue-full' } });
    await center.engine.send('queue', 'small', 'RetireQueue', {});
    expect(await post(one.channelId, 'enqueue', { queueId: 'small' })).toMatchObject({ status: 409, body: { code: 'queue-retired' } });
    for (const line of [one, two]) {
      line.hangUp();
      await center.seen(line.channelId, 'CallEnded');
    }
  });

  it('tells what happened to a call, who did it and why, page by page', async () => {
    const line = await waiting();
    const { channelId: callId } = line;
    const requestId = 'a3f1f5a2-2b39-4f3b-9f0e-0c5d1b6b8f51';
    const { body } = await post(callId, 'answer', {}, { 'x-request-id': requestId });
    await center.seen(callId, 'SwitchActionSucceeded', { actionId: body.actionId });
    line.hangUp();
    await center.seen(callId, 'CallEnded');
    const recorded = await center.events(callId);
    const told: { readonly type: string; readonly eventId: string; readonly position: string; readonly causationId: string; readonly actor: { readonly kind: string }; readonly data: Readonly<Record<string, unknown>> }[] = [];
    for (let next: string | null = ''; next !== null; ) {
      const page = await center.request('GET', `/v1/calls/${callId}/events?limit=3${next === '' ? '' : `&cursor=${next}`}`, { key });
      expect(page.status).toBe(200);
      told.push(...page.body.items);
      next = page.body.next;
    }
    expect(told.map(({ type, eventId, position }) => [type, eventId, position])).toEqual(recorded.map(({ type, id, position }) => [type, id, position.toString()]));
    const started = told[0];
    expect(started).toMatchObject({ type: 'CallStarted', actor: { kind: 'switch', id: 'fs1' }, data: { from: '+4915112345678' } });
    const asked = told.find(({ data }) => data.actionId === body.actionId);
    expect(asked).toMatchObject({ type: 'SwitchActionRequested', actor: { kind: 'api-key' }, correlationId: callId, causationId: requestId, commandId: body.actionId });
    const done = told.find(({ type, data }) => type === 'SwitchActionSucceeded' && data.actionId === body.actionId);
    expect(done?.actor.kind).toBe('process');
    expect(done?.causationId).toBe(asked?.eventId);
    const stranger = await center.keyFor('globex', 'admin');
    expect(await center.request('GET', `/v1/calls/${callId}/events`, { key: stranger })).toMatchObject({ status: 404, body: { code: 'call-not-found' } });
    expect(await center.request('GET', `/v1/calls/${callId}/events?cursor=nonsense`, { key })).toMatchObject({ status: 422, body: { code: 'invalid-cursor' } });
  });
});
