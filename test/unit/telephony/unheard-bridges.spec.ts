import { Scene, sceneTime } from '../../support/scene.js';

/** The caller waits since 0, and is to be bridged with the agent at 5; nobody hears whether that happened. */
const toBeBridged = (): Scene => new Scene().signIn(0, 'a1').arrives(0, 'A').enters(0, 'A', 'sales').offers(2, 'A', 'a1', 'o1').isToBeBridged(5, 'A', 'o1');
const withAgent = (at: number | null) => ({ otherLegId: 'leg-o1', at: at === null ? null : sceneTime(at) });
const withCaller = (at: number | null) => ({ otherLegId: 'A', at: at === null ? null : sceneTime(at) });

const TOLD = { confidence: 'witnessed', bounds: null } as const;

/** What was recorded since the scene so far, with the times at which it happened. */
const since = (scene: Scene, act: (scene: Scene) => Scene): [string, string][] => {
  const before = scene.events.length;
  act(scene);
  return scene.events.slice(before).map(({ type, at }) => [type, at ?? '']);
};
const only = (scene: Scene, type: string) => scene.events.filter((event) => event.type === type).map(({ data, at }) => ({ ...(data as Record<string, unknown>), happenedAt: at }));
const count = (scene: Scene, type: string): number => only(scene, type).length;

describe('a bridge that nobody heard, told with the end of a leg', () => {
  it('was a contact from the bridge on, and the wait ended with it', () => {
    const scene = toBeBridged();
    expect(since(scene, (now) => now.ends(30, 'A', 'A', 'NORMAL_CLEARING', 'far-end', withAgent(5.1))).filter(([type]) => !type.startsWith('Agent'))).toEqual([
      ['LegsBridged', sceneTime(5.1)], ['CallDequeued', sceneTime(5.1)], ['LegEnded', sceneTime(30)],
    ]);
    expect(only(scene, 'LegsBridged')).toMatchObject([{ legId: 'A', otherLegId: 'leg-o1', unheard: { ...TOLD, evidence: 'hang-up' } }]);
    expect(only(scene, 'CallDequeued')).toMatchObject([{ reason: 'answered', agentId: 'a1' }]);
    expect(only(scene, 'AgentContactStarted')).toMatchObject([{ segmentId: 'o1', happenedAt: sceneTime(5.1) }]);
    expect(only(scene, 'AgentContactEnded')).toMatchObject([{ reason: 'caller-hung-up', startedAt: sceneTime(5.1), happenedAt: sceneTime(30) }]);
    expect(only(scene, 'AgentOnCall')).toMatchObject([{ happenedAt: sceneTime(5.1) }]);
    expect(only(scene, 'AgentOffCall')).toMatchObject([{ onCallSince: sceneTime(5.1), happenedAt: sceneTime(30) }]);
  });

  it('is told once, by whichever leg ends first', () => {
    for (const first of ['A', 'leg-o1'] as const) {
      const scene = toBeBridged();
      const ends = (legId: 'A' | 'leg-o1') => scene.ends(30, 'A', legId, 'NORMAL_CLEARING', legId === first ? 'far-end' : 'switch', legId === 'A' ? withAgent(5.1) : withCaller(5.1));
      ends(first);
      ends(first === 'A' ? 'leg-o1' : 'A');
      expect([first, count(scene, 'LegsBridged'), count(scene, 'AgentContactStarted'), count(scene, 'AgentContactWitnessed'), count(scene, 'OfferFailed')]).toEqual([first, 1, 1, 0, 0]);
      expect(only(scene, 'AgentContactEnded')).toMatchObject([{ reason: first === 'A' ? 'caller-hung-up' : 'agent-hung-up' }]);
    }
  });

  it('changes nothing where it was heard: at its time, or dated by when it was found', () => {
    const heard = new Scene().signIn(0, 'a1').arrives(0, 'A').enters(0, 'A', 'sales').offers(2, 'A', 'a1', 'o1').picksUp(5, 'A', 'o1');
    heard.ends(30, 'A', 'A', 'NORMAL_CLEARING', 'far-end', withAgent(5.04)).ends(30, 'A', 'leg-o1', 'NORMAL_CLEARING', 'switch', withCaller(5));
    const found = toBeBridged().fact(9, 'A', 'A', { kind: 'bridged', otherLegId: 'leg-o1', unheard: { confidence: 'inferred', evidence: 'channel-list', bounds: { earliest: sceneTime(5), latest: sceneTime(9) } } });
    found.ends(30, 'A', 'A', 'NORMAL_CLEARING', 'far-end', withAgent(9.5)).ends(30, 'A', 'leg-o1', 'NORMAL_CLEARING', 'switch', withCaller(9.5));
    for (const scene of [heard, found]) {
      scene.witnesses(31, 'A', 'A', 30, 'far-end', withAgent(5.04)).witnesses(31, 'A', 'leg-o1', 30, 'switch', withCaller(null));
      expect([count(scene, 'LegsBridged'), count(scene, 'AgentContactStarted'), count(scene, 'AgentContactWitnessed')]).toEqual([1, 1, 0]);
    }
  });

  it('proves that the offer was accepted, though that was not heard either', () => {
    const scene = new Scene().signIn(0, 'a1').arrives(0, 'A').enters(0, 'A', 'sales').offers(2, 'A', 'a1', 'o1').ends(30, 'A', 'leg-o1', 'NORMAL_CLEARING', 'far-end', withCaller(5.1));
    expect(only(scene, 'OfferAccepted')).toMatchObject([{ offerId: 'o1', happenedAt: sceneTime(5.1) }]);
    expect(only(scene, 'AgentContactEnded')).toMatchObject([{ reason: 'agent-hung-up' }]);
  });

  it('of a leg whose begin of the bridge the switch forgot, waits for what the other leg tells', () => {
    const scene = toBeBridged().fact(20, 'A', 'A', { kind: 'transferred', how: 'blind', destination: '+15550777' });
    expect(since(scene, (now) => now.ends(40, 'A', 'A', 'NORMAL_CLEARING', 'far-end', withAgent(null))).map(([type]) => type)).not.toContain('LegsBridged');
    scene.ends(41, 'A', 'leg-o1', 'NORMAL_CLEARING', 'switch', withCaller(5.1));
    expect(only(scene, 'LegsBridged')).toMatchObject([{ happenedAt: sceneTime(5.1), unheard: TOLD }]);
    expect(only(scene, 'AgentContactWitnessed')).toMatchObject([{ startedAt: sceneTime(5.1), reason: 'transferred' }]);
  });

  it('has bounds where neither leg knows its begin', () => {
    const scene = toBeBridged().ends(40, 'A', 'A', 'NORMAL_CLEARING', 'far-end', withAgent(null)).ends(41, 'A', 'leg-o1', 'NORMAL_CLEARING', 'switch', withCaller(null));
    expect(only(scene, 'AgentContactWitnessed')).toMatchObject([{ startedAt: sceneTime(5), endedAt: sceneTime(40), unheard: { confidence: 'inferred', bounds: { earliest: sceneTime(5), latest: sceneTime(40) } } }]);
  });

  it('with a leg that the call does not know is not of this call', () => {
    const scene = toBeBridged();
    expect(since(scene, (now) => now.ends(30, 'A', 'A', 'NORMAL_CLEARING', 'far-end', { otherLegId: 'someone', at: sceneTime(5) })).map(([type]) => type)).not.toContain('LegsBridged');
  });
});

describe('a call that was bridged and over unheard', () => {
  /** Both legs were missed at 60: the caller passed for one who gave up. */
  const missed = (): Scene => toBeBridged().misses(60, 'A', 'A', 4).misses(60, 'A', 'leg-o1', 4);

  it('passes for abandoned until the CDR of the switch comes, and for answered from then on', () => {
    const scene = missed();
    expect(only(scene, 'CallDequeued')).toMatchObject([{ reason: 'abandoned' }]);
    expect(since(scene, (now) => now.witnesses(90, 'A', 'leg-o1', 30, 'switch', withCaller(5.1))).map(([type]) => type)).toEqual([
      'LegEndCorrected', 'LegsBridged', 'LegsUnbridged', 'SegmentEndCorrected', 'AgentContactWitnessed', 'AgentContactNoted',
    ]);
    expect(only(scene, 'SegmentEndCorrected')).toMatchObject([{ segmentId: 'A/sales', kind: 'queue', reason: 'answered', agentId: 'a1', endedAt: sceneTime(5.1) }]);
    expect(only(scene, 'AgentContactWitnessed')).toMatchObject([{ segmentId: 'o1', startedAt: sceneTime(5.1), endedAt: sceneTime(30), reason: 'switch', unheard: { ...TOLD, evidence: 'switch-cdr' } }]);
    expect(only(scene, 'AgentContactNoted')).toMatchObject([{ agentId: 'a1', segmentId: 'o1', startedAt: sceneTime(5.1), endedAt: sceneTime(30) }]);
  });

  it('the second CDR tells who hung up, and the stay stays answered', () => {
    const scene = missed().witnesses(90, 'A', 'leg-o1', 30.02, 'switch', withCaller(5.1));
    expect(since(scene, (now) => now.witnesses(91, 'A', 'A', 30, 'far-end', withAgent(5.1))).map(([type]) => type)).toEqual(['LegEndCorrected', 'SegmentEndCorrected']);
    expect(only(scene, 'SegmentEndCorrected').at(-1)).toMatchObject({ segmentId: 'o1', kind: 'agent-contact', endedAt: sceneTime(30), reason: 'caller-hung-up' });
    expect(since(scene, (now) => now.witnesses(92, 'A', 'A', 30, 'far-end', withAgent(5.1)))).toEqual([]);
  });

  it('when only the agent was missed, the caller leaves the queue as answered, and a phone that rings for them stops', () => {
    const scene = toBeBridged().signIn(0, 'a2').misses(20, 'A', 'leg-o1', 4).offers(21, 'A', 'a2', 'o2');
    const told = since(scene, (now) => now.ends(23, 'A', 'A', 'NORMAL_CLEARING', 'far-end', withAgent(5.1))).map(([type]) => type);
    expect(told).toEqual(expect.arrayContaining(['LegsBridged', 'LegsUnbridged', 'OfferFailed', 'SwitchActionRequested', 'CallDequeued', 'AgentContactWitnessed', 'LegEnded', 'AgentContactNoted']));
    expect(only(scene, 'CallDequeued')).toMatchObject([{ reason: 'answered', agentId: 'a1', happenedAt: sceneTime(5.1) }]);
    expect(only(scene, 'OfferFailed').at(-1)).toMatchObject({ offerId: 'o2', failure: 'rescinded' });
    expect(only(scene, 'AgentContactWitnessed')).toMatchObject([{ agentId: 'a1', endedAt: sceneTime(23), reason: 'caller-hung-up' }]);
  });

  it('a contact is noted once in the shift, whatever the agent is at, and the agent counts as idle from its end on', () => {
    const scene = missed().served(61, 'B', 'sales', 'a1', { wait: 2, talk: 100 }).witnesses(90, 'A', 'leg-o1', 30, 'switch', withCaller(5.1));
    scene.shift(95, 'a1', 'NoteContact', { segmentId: 'o1', callId: 'A', queueId: 'sales', startedAt: sceneTime(5.1), endedAt: sceneTime(30) });
    expect([count(scene, 'AgentContactNoted'), count(scene, 'AgentOnCall'), count(scene, 'AgentOffCall')]).toEqual([1, 1, 1]);
  });
});
