import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { HttpCdrPoster } from '../../src/simulator/http-cdr-poster.js';
import { CallCenter } from '../support/call-center.js';
import { eventually } from '../support/engine.js';

// A loaded machine takes its time; nothing here is timed.
jest.setTimeout(60_000);

const SALES = '+4930555010';
const PATIENCE_MS = 1_000;

const iso = (us: number): string => new Date(Math.floor(us / 1000)).toISOString();

const basic = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** A post as a real switch sent it. */
const recorded = (name: string): { readonly uuid: string; readonly body: string } => {
  const text = readFileSync(fileURLToPath(new URL(`../golden/esl/json-cdr/${name}.http`, import.meta.url)), 'utf8');
  return { uuid: /^POST \S*\?uuid=(\S+) /.exec(text)?.[1] ?? '', body: text.slice(text.indexOf('\r\n\r\n') + 4) };
};

describe('CDRs that switches post', () => {
  let center: CallCenter;
  const spooled: string[] = [];

  beforeAll(async () => {
    center = await CallCenter.start({
      change: (parts) => ({ ...parts, cdrPatienceMs: PATIENCE_MS }),
      cdrPoster: (url) => new HttpCdrPoster({ url: `${url}/v1/switch-cdrs`, username: 'switch', password: 'secret', clock: systemClock, retryDelayMs: 10, onSpooled: ({ uuid }, why) => void spooled.push(`${uuid}: ${why}`) }),
    });
    await center.queue('sales', SALES);
    await center.agent('ann', '1001', 'sales');
  });
  afterAll(() => center.close());

  const inbox = async (): Promise<string[]> => (await center.engine.storage.database.query<{ leg_id: string }>('SELECT leg_id FROM trunkline_switch_cdrs ORDER BY leg_id')).rows.map((row) => row.leg_id);
  const emptied = (): Promise<unknown> => eventually('all CDRs are delivered', async () => (await inbox()).length === 0);
  const post = (uuid: string, raw: string, authorization = basic('switch', 'secret')) => center.request('POST', `/v1/switch-cdrs?uuid=${uuid}`, { raw, headers: { authorization } });
  const typesOf = async (callId: string): Promise<string[]> => (await center.events(callId)).map(({ type }) => type);

  it('agree with what was seen, and leave no trace then', async () => {
    const line = center.call(SALES);
    await center.seen(line.channelId, 'LegsBridged');
    line.hangUp();
    await center.seen(line.channelId, 'CallEnded');
    await eventually('both legs are posted', async () => (await inbox()).length === 2);
    await emptied();
    expect(await typesOf(line.channelId)).not.toContain('CdrDiffered');
    expect(spooled).toEqual([]);
  });

  it('correct an end that was missed, with the true time and cause', async () => {
    const line = center.call(SALES);
    const { channelId: callId } = line;
    await center.seen(callId, 'LegsBridged');
    center.fs.accepting = false;
    for (const session of [...center.fs.sessions]) session.cut();
    line.hangUp();
    const truth = await center.truly('ended', callId);
    center.fs.accepting = true;
    expect(await center.seen(callId, 'LegEnded', { legId: callId })).toMatchObject({ data: { confidence: 'inferred', cause: 'UNKNOWN' } });
    const corrected = await center.seen(callId, 'LegEndCorrected', { legId: callId });
    expect(corrected).toMatchObject({ metadata: { actor: { kind: 'switch', id: 'fs1/cdr' } }, data: { cause: 'NORMAL_CLEARING', hungUpBy: 'far-end', endedAt: new Date(truth.atUs / 1000).toISOString() } });
    await emptied();
  });

  it('end a call while the switch cannot be reached', async () => {
    const line = center.call(SALES);
    const { channelId: callId } = line;
    await center.seen(callId, 'LegsBridged');
    center.fs.accepting = false;
    for (const session of [...center.fs.sessions]) session.cut();
    line.hangUp();
    expect(await center.seen(callId, 'LegEnded', { legId: callId })).toMatchObject({ data: { confidence: 'witnessed', evidence: 'switch-cdr', cause: 'NORMAL_CLEARING' } });
    expect(await center.seen(callId, 'CallEnded')).toMatchObject({ data: { endedBy: 'caller' } });
    center.fs.accepting = true;
    await eventually('the node is back', () => center.engine.engine.telephony?.media.isReady('fs1'));
    await emptied();
  });

  /** The ends of caller and agent, a step of the switch's clock apart or none: a talk ends with whichever is told of first. */
  const endsOf = async (callId: string, contact: unknown): Promise<string[]> => Promise.all([callId, (contact as { legId: string }).legId].map(async (legId) => iso((await center.truly('ended', legId)).atUs)));

  /** From the moment on in which the switch is told to bridge, nobody hears it until `listen`. The two talk, since `talk`, and the caller hangs up. */
  const talkUnheard = async (): Promise<{ readonly callId: string; readonly talk: string; listen(): void }> => {
    const { fs } = center;
    const { bridge } = fs.core.deeds;
    fs.core.deeds.bridge = (first, second) => {
      fs.core.deeds.bridge = bridge;
      fs.accepting = false;
      for (const session of [...fs.sessions]) session.cut();
      return bridge(first, second);
    };
    const line = center.call(SALES);
    const { channelId: callId } = line;
    const bridged = await center.truly('bridged', callId);
    line.hangUp();
    await center.truly('ended', callId);
    return { callId, talk: iso(bridged.atUs), listen: () => (fs.accepting = true) };
  };

  it('tell of a talk that nobody heard while the call is open: it was answered', async () => {
    const { callId, talk, listen } = await talkUnheard();
    const started = await center.seen(callId, 'AgentContactStarted');
    expect(started.metadata.occurredAt).toBe(talk);
    expect(await center.seen(callId, 'LegsBridged')).toMatchObject({ data: { unheard: { confidence: 'witnessed', evidence: 'switch-cdr', bounds: null } } });
    expect(await center.seen(callId, 'CallDequeued')).toMatchObject({ data: { reason: 'answered', agentId: 'ann' } });
    expect(await endsOf(callId, started.data)).toContain((await center.seen(callId, 'AgentContactEnded')).metadata.occurredAt);
    listen();
    await eventually('the node is back', () => center.engine.engine.telephony?.media.isReady('fs1'));
    await emptied();
    expect((await typesOf(callId)).filter((type) => type === 'LegsBridged' || type === 'CallEnded' || type === 'CdrDiffered')).toEqual(['LegsBridged', 'CallEnded']);
  });

  it('tell of a talk that nobody heard when the caller passes for one who gave up: it was answered', async () => {
    const { callId, talk, listen } = await talkUnheard();
    listen();
    expect(await center.seen(callId, 'CallDequeued')).toMatchObject({ data: { reason: 'abandoned' } });
    const contact = await center.seen(callId, 'AgentContactWitnessed');
    expect(contact).toMatchObject({ data: { agentId: 'ann', startedAt: talk } });
    expect(await endsOf(callId, contact.data)).toContain((contact.data as { endedAt: string }).endedAt);
    expect(await center.seen(callId, 'SegmentEndCorrected', { kind: 'queue' })).toMatchObject({ data: { reason: 'answered', agentId: 'ann', endedAt: talk } });
    const { shiftId } = contact.data as { shiftId: string };
    await eventually('the shift knows', async () => (await center.engine.engine.core.log.readStream(`agentShift-${shiftId}`)).some(({ type, data }) => type === 'AgentContactNoted' && (data as { callId: string }).callId === callId));
    await emptied();
    expect((await typesOf(callId)).filter((type) => type === 'LegsBridged' || type === 'AgentContactWitnessed')).toEqual(['LegsBridged', 'AgentContactWitnessed']);
  });

  it('say where they differ from what was seen', async () => {
    const line = center.call(SALES);
    const { channelId: callId } = line;
    await center.seen(callId, 'LegsBridged');
    const { uuid, body } = recorded('post-002');
    line.hangUp();
    await center.seen(callId, 'CallEnded');
    // What a real switch wrote of another leg, told of this one.
    const { rows } = await center.engine.storage.database.query('DELETE FROM trunkline_switch_cdrs RETURNING leg_id');
    expect(rows.length).toBeGreaterThan(0);
    expect(await post(callId, body.replaceAll(uuid, callId))).toMatchObject({ status: 200, body: { legId: callId } });
    expect(await center.seen(callId, 'CdrDiffered', { field: 'endedAt' })).toMatchObject({ data: { legId: callId, witnessed: expect.any(String) } });
    await emptied();
  });

  it('are stored once, and wait for a call that nobody knows yet', async () => {
    const { uuid, body } = recorded('post-001');
    const legId = uuid.replace(/^a_/, '');
    for (let times = 0; times < 3; times += 1) expect(await post(uuid, body)).toMatchObject({ status: 200, body: { legId } });
    expect(await inbox()).toEqual([legId]);
    await eventually('it was tried', async () => (await center.engine.storage.database.query<{ attempts: number }>('SELECT attempts FROM trunkline_switch_cdrs')).rows[0]?.attempts === 1);
    expect(await inbox()).toEqual([legId]);
    // No number, name or other variable of the leg is kept.
    const { rows } = await center.engine.storage.database.query('SELECT witnessed::text AS text FROM trunkline_switch_cdrs');
    expect(JSON.stringify(rows)).not.toMatch(/60011|Caller Uno/);
  });

  it('are refused from strangers, and when they are none', async () => {
    const { uuid, body } = recorded('post-002');
    for (const authorization of [basic('switch', 'wrong'), basic('admin', 'secret'), 'Basic x', `Bearer ${await center.keyFor('acme', 'admin')}`]) {
      const answer = await post(uuid, body, authorization);
      expect(answer).toMatchObject({ status: 401, body: { code: 'wrong-switch-password' } });
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic/);
    }
    expect(await post(uuid, '{}')).toMatchObject({ status: 422, body: { code: 'unreadable-cdr' } });
    expect(await post('another-leg', body)).toMatchObject({ status: 422, body: { code: 'unreadable-cdr' } });
    expect(await post(uuid, '{"variables":')).toMatchObject({ status: 400, body: { code: 'malformed-json' } });
    expect(await post('a b', body)).toMatchObject({ status: 422, body: { code: 'invalid-request' } });
  });
});
