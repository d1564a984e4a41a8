import { callHistory } from '../../projections/call-history/call-history.projection.js';
import { CallHistoryQueries } from '../../projections/call-history/call-history.queries.js';
import { csvOf, EXPORT_COLUMNS, ndjsonOf } from '../../projections/call-history/call-export.js';
import type { CallDetail } from '../../projections/call-history/call-history.views.js';
import { expectAnyCutGivesTheSameRows, projectScene } from '../support/projected-scene.js';
import type { Projected } from '../support/projection-spec.js';
import { Scene, sceneTime } from '../support/scene.js';

const withQueries = async <T>(scene: Scene, ask: (queries: CallHistoryQueries, projected: Projected) => Promise<T>): Promise<T> => {
  const projected = await projectScene(scene, callHistory);
  try {
    return await ask(new CallHistoryQueries(projected.database, projected.sealed), projected);
  } finally {
    await projected.close();
  }
};

const cdr = (scene: Scene, callId: string): Promise<CallDetail> =>
  withQueries(scene, async (queries) => {
    const call = await queries.one('acme', callId);
    if (call === undefined) throw new Error(`no CDR of ${callId}`);
    return call;
  });

/** Agent a2 does not answer, a1 does, holds twice, and wraps up. */
const twoAgents = (): Scene => {
  const scene = new Scene().signIn(0, 'a1').signIn(0, 'a2').arrives(10, 'A').enters(10, 'A', 'sales');
  scene.offers(12, 'A', 'a2', 'o1').ends(32, 'A', 'leg-o1', 'NO_ANSWER', 'switch');
  scene.offers(33, 'A', 'a1', 'o2').picksUp(37, 'A', 'o2');
  scene.fact(50, 'A', 'A', { kind: 'held', by: 'switch' }).fact(55, 'A', 'A', { kind: 'resumed' });
  scene.fact(60, 'A', 'A', { kind: 'held', by: 'switch' });
  scene.ends(70, 'A', 'leg-o2').ends(70.1, 'A', 'A', 'NORMAL_CLEARING', 'switch');
  return scene.shift(75, 'a1', 'EndWrapUp', { segmentId: null, by: 'agent' });
};

const inferred = (): Scene =>
  new Scene().signIn(0, 'a1').arrives(0, 'A').enters(0, 'A', 'sales').offers(2, 'A', 'a1', 'o1').picksUp(5, 'A', 'o1')
    .call(60, 'A', 'InferLegEnd', { legId: 'leg-o1', evidence: 'absent-after-gap', earliest: sceneTime(20), endedAt: sceneTime(59), latest: sceneTime(59) })
    .call(60, 'A', 'InferLegEnd', { legId: 'A', evidence: 'absent-after-gap', earliest: sceneTime(20), endedAt: sceneTime(59), latest: sceneTime(59) });

describe('the CDR', () => {
  test('of a call that the first agent missed and the second took', async () => {
    const call = await cdr(twoAgents(), 'A');
    expect(call).toMatchObject({
      direction: 'inbound', fromNumber: '+15550100', toNumber: '+15550999', startedAt: sceneTime(10), answeredAt: sceneTime(10), endedAt: sceneTime(70.1), durationMs: 60_100, queueId: 'sales', agentId: 'a1',
      disposition: 'answered', cause: 'NORMAL_CLEARING', endedBy: 'agent', confidence: 'seen', waitMs: 27_000, ringMs: 24_000, holdMs: 15_000, talkMs: 18_000, wrapUpMs: 5_000, bridgedMs: 33_000, offers: 2, contacts: 1, holds: 2,
    });
    expect(call.segments).toMatchObject([
      {
        segmentId: 'A/sales', kind: 'queue', reason: 'answered', agentId: 'a1', waitMs: 27_000, ringMs: 24_000,
        offers: [{ offerId: 'o1', agentId: 'a2', ringingAt: sceneTime(12), endedAt: sceneTime(32), outcome: 'no-answer' }, { offerId: 'o2', agentId: 'a1', outcome: 'accepted' }],
      },
      { segmentId: 'o2', kind: 'agent-contact', agentId: 'a1', startedAt: sceneTime(37), endedAt: sceneTime(70), reason: 'agent-hung-up', talkMs: 18_000, holdMs: 15_000, wrapUpMs: 5_000, wrapUpEndedAt: sceneTime(75) },
    ]);
    expect(call.legs).toMatchObject([
      { legId: 'A', role: 'caller', holds: 2, holdMs: 15_100, answeredMs: 60_100, bridges: [{ with: 'leg-o2', from: sceneTime(37), to: sceneTime(70) }] },
      { legId: 'leg-o1', role: 'agent', agentId: 'a2', cause: 'NO_ANSWER', answeredAt: null, answeredMs: 0, ringMs: 20_000 },
      { legId: 'leg-o2', role: 'agent', agentId: 'a1', hungUpBy: 'far-end', ringMs: 4_000, answeredMs: 33_000 },
    ]);
  });

  test('counts a wrap-up only when it has ended', async () => {
    const scene = new Scene().signIn(0, 'a1').served(0, 'A', 'sales', 'a1', { wait: 5, talk: 20 });
    expect((await cdr(scene, 'A')).segments[1]).toMatchObject({ wrapUpMs: null, wrapUpEndedAt: null });
  });

  test('of callers who hang up while waiting, while ringing, and in the race with the answer', async () => {
    const scene = new Scene().signIn(0, 'a1');
    scene.arrives(0, 'waits').enters(0, 'waits', 'sales').ends(8, 'waits', 'waits');
    scene.arrives(10, 'rings').enters(10, 'rings', 'sales').offers(12, 'rings', 'a1', 'r1').ends(15, 'rings', 'rings').ends(15.1, 'rings', 'leg-r1', 'ORIGINATOR_CANCEL', 'switch');
    scene.arrives(20, 'race').enters(20, 'race', 'sales').offers(22, 'race', 'a1', 'x1').fact(25, 'race', 'leg-x1', { kind: 'answered' }).fact(25, 'race', 'leg-x1', { kind: 'parked' });
    scene.ends(25.02, 'race', 'race').ends(25.1, 'race', 'leg-x1', 'ORIGINATOR_CANCEL', 'switch');
    await withQueries(scene, async (queries) => {
      expect(await queries.one('acme', 'waits')).toMatchObject({ disposition: 'abandoned', endedBy: 'caller', waitMs: 8_000, ringMs: 0, contacts: 0 });
      expect(await queries.one('acme', 'rings')).toMatchObject({ disposition: 'abandoned', waitMs: 5_000, ringMs: 3_000, segments: [{ reason: 'abandoned', offers: [{ outcome: 'rescinded' }] }] });
      expect(await queries.one('acme', 'race')).toMatchObject({ disposition: 'abandoned', contacts: 0, talkMs: 0, bridgedMs: 0, ringMs: 3_000, endedBy: 'caller', segments: [{ reason: 'abandoned', offers: [{ outcome: 'rescinded' }] }] });
    });
  });

  test('has the leg of an agent that was gone before anybody saw it', async () => {
    const scene = new Scene().signIn(0, 'a1').arrives(0, 'A').enters(0, 'A', 'sales');
    const offer = { offerId: 'o1', segmentId: 'A/sales', agentId: 'a1', shiftId: 'a1+1', legId: 'leg-o1', address: 'user/1001', strategy: 'longest-idle-agent', candidates: [], dueAt: sceneTime(30), ringTimeoutMs: 20_000, wrapUpMs: 0 };
    scene.call(2, 'A', 'MakeOffer', offer).call(2, 'A', 'RingAgent', { offerId: 'o1' }).call(2.1, 'A', 'SettleAction', { actionId: 'o1:originate', outcome: 'succeeded', detail: '' });
    scene.call(9, 'A', 'InferLegEnd', { legId: 'leg-o1', evidence: 'never-seen', earliest: sceneTime(2.1), endedAt: sceneTime(9), latest: sceneTime(9) });
    expect((await cdr(scene, 'A')).legs[1]).toMatchObject({ legId: 'leg-o1', role: 'agent', agentId: 'a1', offerId: 'o1', nodeId: 'node-1', createdAt: sceneTime(2.1), endedAt: sceneTime(9), confidence: 'inferred', evidence: 'never-seen', answeredAt: null });
  });

  test('of a caller whose wait ended, who overflowed, and who was transferred', async () => {
    const scene = new Scene().signIn(0, 'a1').signIn(0, 'a2');
    scene.arrives(0, 'long').enters(0, 'long', 'sales').call(60, 'long', 'ExpireQueueWait', { segmentId: 'long/sales' }).ends(60.1, 'long', 'long', 'NORMAL_CLEARING', 'switch');
    scene.arrives(0, 'flows').enters(0, 'flows', 'sales', { overflow: { kind: 'queue', queueId: 'backup' } }).call(30, 'flows', 'ExpireQueueWait', { segmentId: 'flows/sales' });
    scene.enters(30, 'flows', 'backup', { waitingSince: sceneTime(0), previousSegmentId: 'flows/sales' }).offers(31, 'flows', 'a1', 'f1').picksUp(35, 'flows', 'f1').ends(40, 'flows', 'flows').ends(40, 'flows', 'leg-f1');
    scene.arrives(0, 'moves').enters(0, 'moves', 'sales').offers(1, 'moves', 'a2', 'm1').picksUp(4, 'moves', 'm1');
    scene.fact(20, 'moves', 'moves', { kind: 'transferred', how: 'blind', destination: '+15550777' }).ends(20.1, 'moves', 'leg-m1', 'NORMAL_CLEARING', 'switch').ends(50, 'moves', 'moves');
    await withQueries(scene, async (queries) => {
      expect(await queries.one('acme', 'long')).toMatchObject({ disposition: 'timed-out', waitMs: 60_000, endedBy: 'switch' });
      const flows = await queries.one('acme', 'flows');
      expect(flows).toMatchObject({ disposition: 'answered', queueId: 'sales', waitMs: 35_000 });
      expect(flows?.segments).toMatchObject([{ queueId: 'sales', reason: 'max-wait', overflowQueueId: 'backup' }, { queueId: 'backup', previousSegmentId: 'flows/sales', waitingSince: sceneTime(0), waitMs: 5_000 }, { kind: 'agent-contact' }]);
      expect(await queries.one('acme', 'moves')).toMatchObject({ disposition: 'answered', transfers: [{ how: 'blind', destination: '+15550777', at: sceneTime(20) }], segments: [{}, { reason: 'transferred' }], bridgedMs: 16_000, durationMs: 50_000 });
      expect((await queries.list('acme', { transferred: true }, { limit: 10, cursor: undefined })).items.map(({ callId }) => callId)).toEqual(['moves']);
    });
  });

  test('of calls that were placed: busy, not answered, refused, answered', async () => {
    const scene = new Scene();
    for (const [callId, cause] of [['busy', 'USER_BUSY'], ['away', 'NO_ANSWER'], ['refused', 'CALL_REJECTED'], ['talks', '']] as const) {
      scene.call(0, callId, 'PlaceCall', { callId, nodeId: 'node-1', legId: callId, personId: 'p', from: '+15550999', fromName: '', to: '+15550100', address: 'sofia/x', timeoutMs: 30_000 });
      scene.call(0.1, callId, 'AddLeg', { leg: { legId: callId, nodeId: 'node-1', role: 'callee', direction: 'outbound', origin: 'trunk', internal: false, agentId: null, shiftId: null, personId: 'p', number: '+15550100', name: '' } });
      scene.fact(1, callId, callId, { kind: 'ringing' });
      if (cause === '') scene.fact(4, callId, callId, { kind: 'answered' });
      scene.ends(10, callId, callId, cause === '' ? 'NORMAL_CLEARING' : cause);
    }
    await withQueries(scene, async (queries) => {
      expect(await queries.one('acme', 'busy')).toMatchObject({ disposition: 'busy', direction: 'outbound', ringMs: 9_000, answeredAt: null });
      expect(await queries.one('acme', 'away')).toMatchObject({ disposition: 'no-answer' });
      expect(await queries.one('acme', 'refused')).toMatchObject({ disposition: 'rejected' });
      expect(await queries.one('acme', 'talks')).toMatchObject({ disposition: 'completed', ringMs: 3_000, answeredAt: sceneTime(4), endedBy: 'callee' });
    });
  });

  test('says what is only inferred, and between which times', async () => {
    const call = await cdr(inferred(), 'A');
    expect(call).toMatchObject({ confidence: 'inferred', endedBy: 'unknown', endedAt: sceneTime(59), disposition: 'answered', talkMs: 54_000 });
    expect(call.legs[0]).toMatchObject({ confidence: 'inferred', earliestEndAt: sceneTime(20), latestEndAt: sceneTime(59), evidence: 'absent-after-gap' });
    expect(call.segments[1]).toMatchObject({ confidence: 'inferred' });
  });

  test('takes the true end from the switch, also when only one leg has been witnessed yet', async () => {
    const scene = inferred();
    const witness = (legId: string, s: number, hungUpBy: 'far-end' | 'switch') =>
      scene.call(90, 'A', 'WitnessLegEnd', { legId, cause: 'NORMAL_CLEARING', q850: 16, hungUpBy, times: { createdAt: sceneTime(0), answeredAt: sceneTime(legId === 'A' ? 0 : 5) }, endedAt: sceneTime(s) });
    witness('A', 30, 'far-end');
    expect(await cdr(scene, 'A')).toMatchObject({ confidence: 'inferred', endedAt: sceneTime(59), endedBy: 'caller', legs: [{ confidence: 'witnessed', endedAt: sceneTime(30) }, { confidence: 'inferred' }] });
    witness('leg-o1', 30.02, 'switch');
    const call = await cdr(scene, 'A');
    expect(call).toMatchObject({ confidence: 'witnessed', endedAt: sceneTime(30.02), durationMs: 30_020, endedBy: 'caller', cause: 'NORMAL_CLEARING', bridgedMs: 25_000, talkMs: 25_000 });
    expect(call.segments[1]).toMatchObject({ kind: 'agent-contact', confidence: 'witnessed', endedAt: sceneTime(30), talkMs: 25_000, reason: 'caller-hung-up' });
    expect(call.legs[0]).toMatchObject({ answeredMs: 30_000, bridges: [{ to: sceneTime(30) }] });
  });

  test('takes the true wait of a caller whose end in the queue was only inferred', async () => {
    const scene = new Scene().arrives(0, 'A').enters(0, 'A', 'sales').call(60, 'A', 'InferLegEnd', { legId: 'A', evidence: 'absent-after-gap', earliest: sceneTime(5), endedAt: sceneTime(59), latest: sceneTime(59) });
    expect(await cdr(scene, 'A')).toMatchObject({ waitMs: 59_000, confidence: 'inferred' });
    scene.call(90, 'A', 'WitnessLegEnd', { legId: 'A', cause: 'ORIGINATOR_CANCEL', q850: 487, hungUpBy: 'switch', times: { createdAt: sceneTime(0) }, endedAt: sceneTime(12) });
    expect(await cdr(scene, 'A')).toMatchObject({ waitMs: 12_000, confidence: 'witnessed', segments: [{ waitMs: 12_000, endedAt: sceneTime(12), reason: 'hung-up' }] });
  });

  test('says answered where the switch told of a bridge that nobody heard, with the end of a leg', async () => {
    const scene = new Scene().signIn(0, 'a1').arrives(0, 'A').enters(0, 'A', 'sales').offers(2, 'A', 'a1', 'o1').isToBeBridged(5, 'A', 'o1');
    scene.ends(30, 'A', 'A', 'NORMAL_CLEARING', 'far-end', { otherLegId: 'leg-o1', at: sceneTime(5.1) }).ends(30.02, 'A', 'leg-o1', 'NORMAL_CLEARING', 'switch', { otherLegId: 'A', at: sceneTime(5.1) });
    expect(await cdr(scene, 'A')).toMatchObject({
      disposition: 'answered', endedBy: 'caller', confidence: 'witnessed', contacts: 1, waitMs: 5_100, talkMs: 24_900, bridgedMs: 24_900, agentId: 'a1',
      segments: [{ kind: 'queue', reason: 'answered', confidence: 'witnessed', waitMs: 5_100 }, { kind: 'agent-contact', confidence: 'witnessed', talkMs: 24_900 }],
      unheard: [{ what: 'bridge', legId: 'A', at: sceneTime(5.1), confidence: 'witnessed', evidence: 'hang-up', earliest: null, latest: null }],
    });
  });

  test('turns abandoned into answered where the switch tells later of a bridge, of which nothing at all was heard', async () => {
    const scene = new Scene().signIn(0, 'a1').arrives(0, 'A').enters(0, 'A', 'sales').offers(2, 'A', 'a1', 'o1').isToBeBridged(5, 'A', 'o1').misses(60, 'A', 'A', 4).misses(60, 'A', 'leg-o1', 4);
    expect(await cdr(scene, 'A')).toMatchObject({ disposition: 'abandoned', confidence: 'inferred', contacts: 0, talkMs: 0 });
    scene.witnesses(90, 'A', 'leg-o1', 30.02, 'switch', { otherLegId: 'A', at: sceneTime(5.1) }).witnesses(91, 'A', 'A', 30, 'far-end', { otherLegId: 'leg-o1', at: sceneTime(5.1) });
    expect(await cdr(scene, 'A')).toMatchObject({
      disposition: 'answered', endedBy: 'caller', endedAt: sceneTime(30.02), confidence: 'witnessed', contacts: 1, waitMs: 5_100, talkMs: 24_900, bridgedMs: 24_900, agentId: 'a1',
      segments: [{ kind: 'queue', reason: 'answered', agentId: 'a1', waitMs: 5_100, offers: [{ outcome: 'accepted' }] }, { kind: 'agent-contact', reason: 'caller-hung-up', talkMs: 24_900, endedAt: sceneTime(30) }],
    });
  });

  test('says abandoned of a caller who hung up in the moment in which the maximum wait ended, and timed-out where the switch did', async () => {
    const waits = (hungUpBy: 'far-end' | 'switch') => new Scene().arrives(0, 'A').enters(0, 'A', 'sales', { maxWaitAt: sceneTime(60) }).call(60, 'A', 'ExpireQueueWait', { segmentId: 'A/sales' }).ends(60.02, 'A', 'A', 'NORMAL_CLEARING', hungUpBy);
    expect(await cdr(waits('far-end'), 'A')).toMatchObject({ disposition: 'abandoned', endedBy: 'caller', confidence: 'seen', waitMs: 60_020, segments: [{ reason: 'abandoned', confidence: 'seen', waitMs: 60_020 }] });
    expect(await cdr(waits('switch'), 'A')).toMatchObject({ disposition: 'timed-out', endedBy: 'switch', waitMs: 60_000, segments: [{ reason: 'max-wait' }] });
  });

  test('says stranded of a caller whom nobody drove in time, also where only the switch told of it later', async () => {
    const seen = new Scene().arrives(0, 'A').fact(13, 'A', 'A', { kind: 'ended', cause: 'NORMAL_CLEARING', q850: 16, sipStatus: null, hungUpBy: 'far-end', times: { createdAt: sceneTime(0), answeredAt: sceneTime(10) }, toFallback: true });
    expect(await cdr(seen, 'A')).toMatchObject({ disposition: 'stranded', endedBy: 'caller', confidence: 'seen' });
    const missed = new Scene().arrives(0, 'A').enters(0, 'A', 'sales').misses(60, 'A', 'A', 1);
    expect(await cdr(missed, 'A')).toMatchObject({ disposition: 'abandoned', confidence: 'inferred' });
    expect(await cdr(missed.witnesses(70, 'A', 'A', 13, 'far-end', undefined, { toFallback: true }), 'A')).toMatchObject({ disposition: 'stranded', confidence: 'witnessed' });
  });

  test('gives what was found after a gap its own bounds', async () => {
    const found = (earliest: number, latest: number) => ({ unheard: { confidence: 'inferred' as const, evidence: 'channel-list' as const, bounds: { earliest: sceneTime(earliest), latest: sceneTime(latest) } } });
    const scene = new Scene().signIn(0, 'a1').arrives(0, 'A').enters(0, 'A', 'sales').offers(2, 'A', 'a1', 'o1').picksUp(5, 'A', 'o1');
    scene.fact(20, 'A', 'A', { kind: 'held', by: 'far-end', ...found(10, 20) }).fact(40, 'A', 'A', { kind: 'resumed', ...found(30, 40) }).ends(50, 'A', 'A').ends(50, 'A', 'leg-o1', 'NORMAL_CLEARING', 'switch');
    expect(await cdr(scene, 'A')).toMatchObject({
      confidence: 'inferred', endedBy: 'caller', holdMs: 20_000,
      unheard: [{ what: 'hold', at: sceneTime(20), earliest: sceneTime(10), latest: sceneTime(20) }, { what: 'resume', at: sceneTime(40), earliest: sceneTime(30), latest: sceneTime(40) }],
    });
  });

  test('names the gaps in which the call could not be heard', async () => {
    const scene = new Scene().arrives(0, 'A').enters(0, 'A', 'sales').call(40, 'A', 'NoteUnheard', { gapId: 'g1', nodeId: 'node-1', from: sceneTime(10), to: sceneTime(40) }).ends(50, 'A', 'A');
    expect((await cdr(scene, 'A')).gaps).toEqual([{ gapId: 'g1', nodeId: 'node-1', from: sceneTime(10), to: sceneTime(40) }]);
  });

  test('reports where the switch tells another end than was seen', async () => {
    const scene = new Scene().arrives(0, 'A').enters(0, 'A', 'sales').ends(5, 'A', 'A');
    scene.call(9, 'A', 'WitnessLegEnd', { legId: 'A', cause: 'NORMAL_CLEARING', q850: 16, hungUpBy: 'far-end', times: { createdAt: sceneTime(0), answeredAt: sceneTime(0) }, endedAt: sceneTime(6) });
    expect((await cdr(scene, 'A')).differences).toEqual([{ legId: 'A', field: 'endedAt', recorded: sceneTime(5), witnessed: sceneTime(6) }]);
  });

  test('of calls whose leg went over to another', async () => {
    const passport = { legId: 'B', personId: 'p', nodeId: 'node-1', role: 'caller', direction: 'inbound', origin: 'trunk', internal: false, agentId: null, offerId: null, createdAt: sceneTime(0), answeredAt: sceneTime(0), parked: false } as const;
    const scene = new Scene().arrives(0, 'B').enters(0, 'B', 'sales').call(9, 'B', 'DequeueCall', { segmentId: 'B/sales', reason: 'transferred', overflowQueueId: null });
    scene.arrives(0, 'A', '+15550200', { interactionId: 'B' }).call(10, 'B', 'MoveLeg', { passport, toCallId: 'A', at: sceneTime(10) }).call(10, 'A', 'AdoptLeg', { passport, fromCallId: 'B', at: sceneTime(10) });
    scene.fact(10, 'A', 'A', { kind: 'bridged', otherLegId: 'B' }).ends(30, 'A', 'B').ends(30, 'A', 'A', 'NORMAL_CLEARING', 'switch');
    await withQueries(scene, async (queries) => {
      expect(await queries.one('acme', 'B')).toMatchObject({ disposition: 'merged', legs: [{ legId: 'B', movedTo: 'A', durationMs: 10_000, answeredMs: 10_000 }] });
      const merged = await queries.one('acme', 'A');
      expect(merged).toMatchObject({ disposition: 'answered', bridgedMs: 20_000 });
      expect(merged?.legs.find(({ legId }) => legId === 'B')).toMatchObject({ adoptedFrom: 'B', durationMs: 20_000, answeredMs: 20_000 });
      expect((await queries.list('acme', { interactionId: 'B' }, { limit: 5, cursor: undefined })).items.map(({ callId }) => callId).sort()).toEqual(['A', 'B']);
    });
  });

  test('of calls whose leg went over to another while it was recorded: each lists its part', async () => {
    const passport = { legId: 'B', personId: 'p', nodeId: 'node-1', role: 'caller', direction: 'inbound', origin: 'trunk', internal: false, agentId: null, offerId: null, createdAt: sceneTime(0), answeredAt: sceneTime(0), parked: false } as const;
    const path = '/recordings/r.wav';
    const scene = new Scene().arrives(0, 'B').fact(2, 'B', 'B', { kind: 'recording-started', path });
    const { recordingId } = scene.events.at(-1)!.data as { recordingId: string };
    scene.arrives(5, 'A', '+15550200').call(10, 'B', 'MoveLeg', { passport, toCallId: 'A', at: sceneTime(10) }).call(10, 'A', 'AdoptLeg', { passport: { ...passport, recordings: { [path]: recordingId } }, fromCallId: 'B', at: sceneTime(10) });
    scene.fact(20, 'A', 'B', { kind: 'recording-stopped', path, durationMs: 18_000 }).ends(30, 'A', 'B').ends(30, 'A', 'A', 'NORMAL_CLEARING', 'switch');
    expect((await cdr(scene, 'B')).recordings).toEqual([{ recordingId, legId: 'B', startedAt: sceneTime(2), stoppedAt: sceneTime(10) }]);
    expect((await cdr(scene, 'A')).recordings).toEqual([{ recordingId, legId: 'B', startedAt: sceneTime(10), stoppedAt: sceneTime(20) }]);
  });

  test('is the same whatever the batches', async () => {
    const scene = twoAgents();
    scene.events.push(...inferred().events.map((event) => ({ ...event, tenantId: 'globex' })));
    await expectAnyCutGivesTheSameRows(scene, callHistory);
  });
});

describe('the list of CDRs', () => {
  const many = (): Scene => {
    const scene = new Scene().signIn(0, 'a1').signIn(0, 'a2');
    scene.served(0, 'c1', 'sales', 'a1', { wait: 5, talk: 20 }).shift(26, 'a1', 'EndWrapUp', { segmentId: null, by: 'agent' });
    scene.served(100, 'c2', 'support', 'a2', { wait: 3, talk: 60 });
    scene.arrives(200, 'c3', '+15550300').enters(200, 'c3', 'sales').ends(202, 'c3', 'c3');
    return scene.arrives(300, 'c4').enters(300, 'c4', 'sales');
  };
  const ids = async (filter: Parameters<CallHistoryQueries['list']>[1]): Promise<string[]> =>
    withQueries(many(), async (queries) => (await queries.list('acme', filter, { limit: 50, cursor: undefined })).items.map(({ callId }) => callId));

  test.each([
    [{}, ['c4', 'c3', 'c2', 'c1']],
    [{ from: sceneTime(100), to: sceneTime(200) }, ['c2']],
    [{ by: 'ended' as const, from: sceneTime(163) }, ['c3', 'c2']],
    [{ queueId: 'sales' }, ['c4', 'c3', 'c1']],
    [{ agentId: 'a2' }, ['c2']],
    [{ number: '+15550300' }, ['c3']],
    [{ personId: 'person-+15550300' }, ['c3']],
    [{ disposition: 'answered' as const }, ['c2', 'c1']],
    [{ minDurationMs: 26_000 }, ['c2']],
    [{ ended: false }, ['c4']],
    [{ held: true }, []],
  ])('finds %j', async (filter, expected) => {
    expect(await ids(filter)).toEqual(expected);
  });

  test('goes on at its cursor, refuses a cursor of another list, and shows no other tenant anything', async () => {
    await withQueries(many(), async (queries) => {
      const first = await queries.list('acme', {}, { limit: 3, cursor: undefined });
      expect(first.items).toHaveLength(3);
      const second = await queries.list('acme', {}, { limit: 3, cursor: first.next ?? undefined });
      expect([second.items.map(({ callId }) => callId), second.next]).toEqual([['c1'], null]);
      await expect(queries.list('acme', { by: 'ended' }, { limit: 3, cursor: first.next ?? undefined })).rejects.toMatchObject({ code: 'invalid-cursor' });
      expect((await queries.list('globex', {}, { limit: 3, cursor: undefined })).items).toEqual([]);
      expect(await queries.one('globex', 'c1')).toBeUndefined();
    });
  });

  test('is summed per disposition', async () => {
    await withQueries(many(), async (queries) => {
      expect(await queries.totals('acme', {})).toMatchObject({ calls: 4, open: 1, dispositions: { answered: 2, abandoned: 1 }, transferred: 0, held: 0, talkMs: 80_000, waitMs: 10_000, wrapUpMs: 1_000 });
    });
  });

  test('is exported as CSV and as NDJSON, columns in one order, and no name becomes a formula', async () => {
    const scene = many().arrives(400, 'c5', '+15550500', { fromName: '=HYPERLINK("x"), Ann' }).ends(401, 'c5', 'c5');
    await withQueries(scene, async (queries) => {
      const text = async (parts: AsyncIterable<string>): Promise<string> => {
        let all = '';
        for await (const part of parts) all += part;
        return all;
      };
      const lines = (await text(csvOf(queries.all('acme', { ended: true })))).split('\r\n');
      expect(lines[0]).toBe(EXPORT_COLUMNS.join(','));
      expect(lines[1]).toMatch(/^c1,c1,inbound,number-1,\+15550100,Ann,\+15550999,2026-03-02T09:00:00.000Z,/);
      expect(lines[4]).toContain(`"'=HYPERLINK(""x""), Ann"`);
      expect(lines).toHaveLength(6);
      const objects = (await text(ndjsonOf(queries.all('acme', {})))).trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(objects.map(({ callId }) => callId)).toEqual(['c1', 'c2', 'c3', 'c4', 'c5']);
      expect(Object.keys(objects[0] ?? {})).toEqual([...EXPORT_COLUMNS]);
    });
  });
});
