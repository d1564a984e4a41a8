import type { Command } from '../../../src/kernel/command.js';
import { callDecider } from '../../../src/telephony/calls/domain/call.decider.js';
import type { CallCommand, LegFact, OfferData } from '../../../src/telephony/calls/domain/call.commands.js';
import type { CallEvent } from '../../../src/telephony/calls/domain/call.events.js';
import type { CallState } from '../../../src/telephony/calls/domain/call.state.js';

const T0 = Date.parse('2026-03-02T09:00:00.000Z');
const iso = (s: number): string => new Date(T0 + s * 1000).toISOString();

type DataOf<T extends CallEvent['type']> = { [E in CallEvent as E['type']]: E['data'] }[T];

/** Plays commands against one call and remembers what was recorded. */
class Conversation {
  state: CallState = callDecider.initialState;
  readonly events: (CallEvent & { occurredAt: string })[] = [];
  private commands = 0;

  send<T extends CallCommand['type']>(s: number, type: T, data: Extract<CallCommand, { type: T }>['data']): string[] {
    this.commands += 1;
    const meta: Command['meta'] = { commandId: `c${this.commands}`, tenantId: 't', at: iso(s), actor: { kind: 'switch', id: 'n' }, correlationId: 'A', causationId: 'x' };
    const decided = callDecider.decide({ type, data, meta } as CallCommand, this.state).map((event) => ({ ...event, occurredAt: event.occurredAt ?? iso(s) }));
    for (const event of decided) {
      this.state = callDecider.evolve(this.state, event);
      this.events.push(event);
    }
    return decided.map((event) => (event.type === 'SwitchActionRequested' ? `SwitchActionRequested:${event.data.deed}:${event.data.channelId}` : event.type));
  }

  fact(s: number, legId: string, fact: LegFact): string[] {
    return this.send(s, 'RecordLegFact', { legId, fact });
  }

  data<T extends CallEvent['type']>(type: T): DataOf<T> {
    const found = this.events.filter((event) => event.type === type).at(-1);
    if (found === undefined) throw new Error(`no ${type} was recorded`);
    return found.data as DataOf<T>;
  }

  count(type: CallEvent['type']): number {
    return this.events.filter((event) => event.type === type).length;
  }
}

const leg = (legId: string, over: object = {}) => ({
  legId, nodeId: 'n1', role: 'caller' as const, direction: 'inbound' as const, origin: 'trunk' as const, internal: false, agentId: null, shiftId: null, personId: 'p1', number: '+15550100', name: 'Ann', ...over,
});
const agentLeg = (legId: string) => leg(legId, { role: 'callee', direction: 'outbound', number: '1001', name: '' });
const ended = (hungUpBy: 'far-end' | 'switch', cause = 'NORMAL_CLEARING'): LegFact => ({ kind: 'ended', cause, q850: 16, sipStatus: null, hungUpBy, times: { createdAt: iso(0) } });
const offer = (offerId: string, over: Partial<OfferData> = {}): OfferData => ({
  offerId, segmentId: 'q1', agentId: 'ag1', shiftId: 'ag1+1', legId: `leg-${offerId}`, address: 'user/1001', strategy: 'longest-idle-agent', candidates: [{ agentId: 'ag1', key: '0' }], dueAt: iso(30), ringTimeoutMs: 20_000, wrapUpMs: 5_000, ...over,
});

const queued = (answer: 'on-entry' | 'by-agent' = 'on-entry'): Conversation => {
  const call = new Conversation();
  call.send(0, 'StartCall', { callId: 'A', interactionId: 'A', switchSessionId: 's', direction: 'inbound', numberId: 'num', from: '+15550100', fromName: 'Ann', to: '+15550999', leg: leg('A') });
  call.fact(0.02, 'A', { kind: 'parked' });
  call.send(0.03, 'EnqueueCall', { segmentId: 'q1', legId: 'A', queueId: 'sales', priority: 5, waitingSince: iso(0.02), maxWaitAt: iso(60), answer, overflow: { kind: 'hang-up' }, previousSegmentId: null, music: 'local_stream://moh' });
  return call;
};

const ringing = (answer: 'on-entry' | 'by-agent' = 'on-entry'): Conversation => {
  const call = queued(answer);
  if (answer === 'on-entry') call.fact(0.1, 'A', { kind: 'answered' });
  call.send(1, 'MakeOffer', offer('o1'));
  call.send(1, 'RingAgent', { offerId: 'o1' });
  call.send(1.1, 'AddLeg', { leg: agentLeg('leg-o1') });
  call.fact(1.2, 'leg-o1', { kind: 'ringing' });
  return call;
};

const talking = (answer: 'on-entry' | 'by-agent' = 'on-entry'): Conversation => {
  const call = ringing(answer);
  call.fact(4, 'leg-o1', { kind: 'answered' });
  call.fact(4.02, 'leg-o1', { kind: 'parked' });
  call.fact(4.1, 'A', { kind: 'bridged', otherLegId: 'leg-o1' });
  return call;
};

describe('a call in a queue', () => {
  it('takes the caller over, answers and plays music on entry', () => {
    const call = queued();
    expect(call.events.slice(-4).map((event) => (event.type === 'SwitchActionRequested' ? event.data.deed : event.type))).toEqual(['CallEnqueued', 'take-over', 'answer', 'play']);
  });

  it('neither answers nor plays where the agent answers', () => {
    const call = queued('by-agent');
    expect(call.events.filter((event) => event.type === 'SwitchActionRequested').map((event) => event.data.deed)).toEqual(['take-over']);
  });

  it('rings the agent once only, whatever is repeated', () => {
    const call = queued();
    expect(call.send(1, 'MakeOffer', offer('o1'))).toEqual(['OfferMade']);
    expect(call.send(1, 'MakeOffer', offer('o1'))).toEqual([]);
    expect(call.send(1, 'RingAgent', { offerId: 'o1' })).toEqual(['SwitchActionRequested:originate:leg-o1']);
    expect(call.send(1, 'RingAgent', { offerId: 'o1' })).toEqual([]);
  });

  it('is offered to one agent at a time', () => {
    const call = ringing();
    expect(() => call.send(2, 'MakeOffer', offer('o2'))).toThrow(expect.objectContaining({ code: 'offer-open' }));
  });

  it('names the agent on the leg of the offer', () => {
    const call = ringing();
    expect(call.data('LegStarted')).toMatchObject({ legId: 'leg-o1', role: 'agent', agentId: 'ag1', shiftId: 'ag1+1', offerId: 'o1', personId: 'ag1' });
    expect(call.data('OfferRinging')).toEqual({ offerId: 'o1', segmentId: 'q1', agentId: 'ag1', shiftId: 'ag1+1' });
  });

  it('is accepted only when the agent leg is answered and parked, in either order', () => {
    for (const order of [['answered', 'parked'], ['parked', 'answered']] as const) {
      const call = ringing();
      expect(call.fact(4, 'leg-o1', { kind: order[0] })).not.toContain('OfferAccepted');
      expect(call.fact(4.02, 'leg-o1', { kind: order[1] }).slice(1)).toEqual(['OfferAccepted', 'SwitchActionRequested:bridge:A']);
      expect(call.fact(4.1, 'A', { kind: 'bridged', otherLegId: 'leg-o1' })).toEqual(['LegsBridged', 'CallDequeued', 'AgentContactStarted']);
      expect(call.data('CallDequeued')).toMatchObject({ reason: 'answered', agentId: 'ag1' });
    }
  });

  it('answers the caller with the agent where the queue says so', () => {
    const call = talking('by-agent');
    expect(call.events.filter((event) => event.type === 'SwitchActionRequested').map((event) => event.data.deed)).toEqual(['take-over', 'originate', 'answer', 'bridge']);
  });
});

describe('the end', () => {
  it('a caller who hangs up while the agent rings abandons, and the agent is let go', () => {
    const call = ringing();
    expect(call.fact(3, 'A', ended('far-end'))).toEqual(['LegEnded', 'CallDequeued', 'OfferFailed', 'SwitchActionRequested:hang-up:leg-o1']);
    expect(call.data('CallDequeued')).toMatchObject({ reason: 'abandoned', enqueuedAt: iso(0.03) });
    expect(call.data('OfferFailed')).toMatchObject({ failure: 'rescinded' });
    expect(call.fact(3.1, 'leg-o1', ended('switch', 'ORIGINATOR_CANCEL'))).toEqual(['LegEnded', 'CallEnded']);
    expect(call.data('CallEnded')).toMatchObject({ endedBy: 'caller', cause: 'NORMAL_CLEARING' });
  });

  it('a caller who hangs up in the race with the answer wins, and the agent who answered is let go', () => {
    const call = ringing();
    call.fact(4, 'leg-o1', { kind: 'answered' });
    call.fact(4.01, 'A', ended('far-end'));
    expect(call.fact(4.02, 'leg-o1', { kind: 'parked' })).toEqual(['LegParked']);
    expect(call.count('OfferAccepted')).toBe(0);
    expect(call.count('AgentContactStarted')).toBe(0);
  });

  it('a caller who hangs up between the acceptance and the bridge was never connected', () => {
    const call = ringing();
    call.fact(4, 'leg-o1', { kind: 'answered' });
    call.fact(4.02, 'leg-o1', { kind: 'parked' });
    expect(call.fact(4.05, 'A', ended('far-end'))).toEqual(['LegEnded', 'CallDequeued', 'OfferFailed', 'SwitchActionRequested:hang-up:leg-o1']);
    expect(call.data('CallDequeued').reason).toBe('abandoned');
    expect(call.data('OfferFailed').failure).toBe('rescinded');
    expect(call.count('AgentContactStarted')).toBe(0);
  });

  it('an agent who hangs up between the answer and the bridge leaves the caller waiting for another', () => {
    const call = ringing();
    call.fact(4, 'leg-o1', { kind: 'answered' });
    call.fact(4.02, 'leg-o1', { kind: 'parked' });
    expect(call.fact(4.05, 'leg-o1', ended('far-end'))).toEqual(['LegEnded', 'OfferFailed']);
    expect(call.send(5, 'MakeOffer', offer('o2'))).toEqual(['OfferMade']);
  });

  it('a leg that the switch began and that nobody has seen yet keeps the call open until it is seen or known to be gone', () => {
    const call = queued();
    call.send(1, 'MakeOffer', offer('o1'));
    call.send(1, 'RingAgent', { offerId: 'o1' });
    call.fact(1.05, 'A', ended('far-end'));
    call.send(1.1, 'SettleAction', { actionId: 'o1:originate', outcome: 'succeeded', detail: 'leg-o1' });
    expect(call.count('CallEnded')).toBe(0);
    expect(call.send(9, 'InferLegEnd', { legId: 'leg-o1', evidence: 'not-in-show-channels', earliest: iso(1), endedAt: iso(9), latest: iso(9) })).toEqual(['LegEnded', 'CallEnded']);
  });

  it('a leg that appears after its offer was closed is hung up at once, and the call ends after it', () => {
    const call = queued();
    call.send(1, 'MakeOffer', offer('o1'));
    call.send(1, 'RingAgent', { offerId: 'o1' });
    expect(call.fact(1.05, 'A', ended('far-end'))).toEqual(['LegEnded', 'CallDequeued', 'OfferFailed']);
    expect(call.send(1.1, 'AddLeg', { leg: agentLeg('leg-o1') })).toEqual(['LegStarted', 'SwitchActionRequested:hang-up:leg-o1']);
    call.send(1.2, 'SettleAction', { actionId: 'o1:originate', outcome: 'failed', detail: 'ORIGINATOR_CANCEL' });
    expect(call.count('CallEnded')).toBe(0);
    expect(call.fact(1.3, 'leg-o1', ended('switch'))).toEqual(['LegEnded', 'CallEnded']);
  });

  it('an originate that fails without a leg ends the offer, and a call that waited for it', () => {
    const call = queued();
    call.send(1, 'MakeOffer', offer('o1'));
    call.send(1, 'RingAgent', { offerId: 'o1' });
    expect(call.send(2, 'SettleAction', { actionId: 'o1:originate', outcome: 'failed', detail: 'USER_BUSY' })).toEqual(['SwitchActionFailed', 'OfferFailed']);
    expect(call.data('OfferFailed')).toMatchObject({ failure: 'busy', cause: 'USER_BUSY' });
    expect(call.send(3, 'MakeOffer', offer('o2'))).toEqual(['OfferMade']);
    call.send(3, 'RingAgent', { offerId: 'o2' });
    call.fact(3.1, 'A', ended('far-end'));
    expect(call.send(4, 'SettleAction', { actionId: 'o2:originate', outcome: 'failed', detail: 'NO_ANSWER' })).toEqual(['SwitchActionFailed', 'CallEnded']);
  });

  it('a failed job alone frees nobody while the leg lives', () => {
    const call = talking();
    expect(call.send(4.2, 'SettleAction', { actionId: 'o1:originate', outcome: 'failed', detail: 'ORIGINATOR_CANCEL' })).toEqual(['SwitchActionFailed']);
    expect(call.count('OfferFailed')).toBe(0);
  });

  it.each([
    ['NO_ANSWER', 'no-answer'],
    ['USER_BUSY', 'busy'],
    ['CALL_REJECTED', 'rejected'],
    ['SUBSCRIBER_ABSENT', 'unreachable'],
  ])('an agent leg that ends with %s before the answer means %s', (cause, failure) => {
    const call = ringing();
    expect(call.fact(5, 'leg-o1', ended('far-end', cause))).toEqual(['LegEnded', 'OfferFailed']);
    expect(call.data('OfferFailed')).toMatchObject({ failure, cause });
    expect(call.state.queue).not.toBeNull();
  });

  it.each([
    ['leg-o1', 'A', 'agent-hung-up', 'agent'],
    ['A', 'leg-o1', 'caller-hung-up', 'caller'],
  ] as const)('the contact ends when %s hangs up, and says who', (first, second, reason, endedBy) => {
    const call = talking();
    expect(call.fact(20, first, ended('far-end'))).toEqual(['LegEnded', 'AgentContactEnded']);
    expect(call.data('AgentContactEnded')).toMatchObject({ reason, agentId: 'ag1', startedAt: iso(4.1), wrapUpMs: 5_000, holdMs: 0 });
    expect(call.fact(20.02, second, ended('switch'))).toEqual(['LegEnded', 'CallEnded']);
    expect(call.data('CallEnded')).toMatchObject({ endedBy });
  });

  it('says the same when the switch reports the other leg first', () => {
    const call = talking();
    call.fact(20.02, 'A', ended('switch'));
    expect(call.data('AgentContactEnded').reason).toBe('switch');
    call.fact(20, 'leg-o1', ended('far-end'));
    expect(call.data('CallEnded')).toMatchObject({ endedBy: 'agent' });
  });

  it('counts holds of either side into the contact', () => {
    const call = talking();
    call.fact(6, 'leg-o1', { kind: 'held', by: 'switch' });
    call.fact(9, 'leg-o1', { kind: 'resumed' });
    call.fact(15, 'A', { kind: 'held', by: 'far-end' });
    call.fact(17.5, 'A', ended('far-end'));
    expect(call.data('AgentContactEnded').holdMs).toBe(5_500);
  });

  it('says that a transfer ended the contact', () => {
    const call = talking();
    call.fact(8, 'A', { kind: 'unbridged', otherLegId: 'leg-o1' });
    call.fact(8, 'A', { kind: 'transferred', how: 'blind', destination: '9103' });
    call.fact(8.02, 'leg-o1', ended('switch'));
    expect(call.data('AgentContactEnded').reason).toBe('transferred');
    expect(call.count('CallEnded')).toBe(0);
    call.fact(11, 'A', ended('far-end'));
    expect(call.count('CallEnded')).toBe(1);
  });

  it('goes on when somebody who was consulted hangs up', () => {
    const call = talking();
    call.send(8, 'AddLeg', { leg: leg('B', { role: 'callee', direction: 'outbound', personId: 'p2' }) });
    expect(call.fact(12, 'B', ended('far-end'))).toEqual(['LegEnded']);
    expect(call.fact(20, 'A', ended('far-end'))).toEqual(['LegEnded', 'AgentContactEnded']);
  });

  it('has one end however often it is told', () => {
    const call = talking();
    for (const second of [1, 2]) {
      call.fact(20 + second, 'A', ended('far-end'));
      call.fact(20 + second, 'leg-o1', ended('switch'));
    }
    expect(call.count('CallEnded')).toBe(1);
    expect(call.count('LegEnded')).toBe(2);
    expect(call.count('AgentContactEnded')).toBe(1);
  });
});

describe('waiting too long', () => {
  it('hangs up, and takes back the offer that is out', () => {
    const call = ringing();
    expect(call.send(60, 'ExpireQueueWait', { segmentId: 'q1' })).toEqual(['OfferFailed', 'SwitchActionRequested:hang-up:leg-o1', 'CallDequeued', 'SwitchActionRequested:hang-up:A']);
  });

  it('a caller who hangs up in that moment, before the switch does, gave up: nobody else ended the call', () => {
    for (const [hangsUp, stays] of [[59.9, iso(59.9)], [60.02, iso(60.02)]] as const) {
      const call = queued();
      call.send(60, 'ExpireQueueWait', { segmentId: 'q1' });
      expect(call.data('CallDequeued').reason).toBe('max-wait');
      expect(call.fact(hangsUp, 'A', ended('far-end'))).toEqual(['LegEnded', 'SegmentEndCorrected', 'CallEnded']);
      expect(call.data('SegmentEndCorrected')).toMatchObject({ segmentId: 'q1', kind: 'queue', reason: 'abandoned', endedAt: stays, beganAt: iso(0.03) });
    }
  });

  it('a caller whom the switch hung up, or who waited on in another queue, was timed out', () => {
    const hungUp = queued();
    hungUp.send(60, 'ExpireQueueWait', { segmentId: 'q1' });
    expect(hungUp.fact(60.1, 'A', ended('switch'))).toEqual(['LegEnded', 'CallEnded']);
    const overflowed = new Conversation();
    overflowed.send(0, 'StartCall', { callId: 'A', interactionId: 'A', switchSessionId: 's', direction: 'inbound', numberId: 'num', from: '+15550100', fromName: 'Ann', to: '+15550999', leg: leg('A') });
    overflowed.send(0, 'EnqueueCall', { segmentId: 'q1', legId: 'A', queueId: 'sales', priority: 5, waitingSince: iso(0), maxWaitAt: iso(60), answer: 'on-entry', overflow: { kind: 'queue', queueId: 'backup' }, previousSegmentId: null, music: null });
    overflowed.send(60, 'ExpireQueueWait', { segmentId: 'q1' });
    expect(overflowed.fact(70, 'A', ended('far-end'))).toEqual(['LegEnded', 'CallEnded']);
  });

  it('who it was that hung up may be told by the CDR of the switch alone', () => {
    const call = queued();
    call.send(60, 'ExpireQueueWait', { segmentId: 'q1' });
    call.send(90, 'InferLegEnd', { legId: 'A', evidence: 'not-in-show-channels', earliest: iso(50), endedAt: iso(90), latest: iso(90) });
    const witness = { legId: 'A', cause: 'NORMAL_CLEARING', q850: 16, hungUpBy: 'far-end' as const, times: { createdAt: iso(0) }, endedAt: iso(60.01) };
    expect(call.send(95, 'WitnessLegEnd', witness)).toEqual(['LegEndCorrected', 'SegmentEndCorrected']);
    expect(call.send(96, 'WitnessLegEnd', witness)).toEqual([]);
  });

  it('an answer that comes after it belongs to nobody', () => {
    const call = ringing();
    call.send(60, 'ExpireQueueWait', { segmentId: 'q1' });
    call.fact(60.1, 'leg-o1', { kind: 'answered' });
    expect(call.fact(60.1, 'leg-o1', { kind: 'parked' })).toEqual(['LegParked']);
  });

  it('an offer that expires leaves the caller waiting', () => {
    const call = ringing();
    expect(call.send(30, 'ExpireOffer', { offerId: 'o1' })).toEqual(['OfferFailed', 'SwitchActionRequested:hang-up:leg-o1']);
    expect(call.data('OfferFailed').failure).toBe('no-answer');
    expect(call.state.queue?.segmentId).toBe('q1');
  });
});

describe('a caller who waits and is sent elsewhere', () => {
  it('leaves the queue, and the phone that rings for them stops: whoever took them keeps them', () => {
    const call = ringing();
    expect(call.fact(2, 'A', { kind: 'transferred', how: 'blind', destination: 'trunkline-fallback' })).toEqual(['LegTransferred', 'OfferFailed', 'SwitchActionRequested:hang-up:leg-o1', 'CallDequeued']);
    expect(call.data('CallDequeued')).toMatchObject({ segmentId: 'q1', reason: 'transferred' });
  });

  it('also where it is told late: nobody leaves before they came', () => {
    const call = queued();
    call.fact(0.01, 'A', { kind: 'transferred', how: 'blind', destination: 'trunkline-fallback' });
    expect(call.events.find(({ type }) => type === 'CallDequeued')?.occurredAt).toBe(iso(0.03));
  });
});

describe('gaps', () => {
  it('a contact that ended by inference ends with the first of its legs, as far as their ends are known', () => {
    const call = talking();
    call.fact(10, 'A', { kind: 'held', by: 'far-end' });
    for (const legId of ['A', 'leg-o1']) call.send(40, 'InferLegEnd', { legId, evidence: 'not-in-show-channels', earliest: iso(9), endedAt: iso(39), latest: iso(39) });
    expect(call.data('AgentContactEnded')).toMatchObject({ holdMs: 29_000 });
    const witness = (legId: string, s: number, hungUpBy: 'far-end' | 'switch') => ({ legId, cause: 'NORMAL_CLEARING', q850: 16, hungUpBy, times: { createdAt: iso(0) }, endedAt: iso(s) });
    expect(call.send(50, 'WitnessLegEnd', witness('A', 20.5, 'switch'))).toEqual(['LegEndCorrected', 'SegmentEndCorrected']);
    expect(call.data('SegmentEndCorrected')).toMatchObject({ segmentId: 'o1', kind: 'agent-contact', offerId: 'o1', endedAt: iso(20.5), holdMs: 10_500, reason: 'switch' });
    expect(call.send(51, 'WitnessLegEnd', witness('leg-o1', 20, 'far-end'))).toEqual(['LegEndCorrected', 'SegmentEndCorrected']);
    expect(call.data('SegmentEndCorrected')).toMatchObject({ endedAt: iso(20), holdMs: 10_000, reason: 'agent-hung-up' });
  });

  it('says which calls could not be heard, and when', () => {
    const call = talking();
    expect(call.send(40, 'NoteUnheard', { gapId: 'g', nodeId: 'n1', from: iso(10), to: iso(39) })).toEqual(['CallUnheard']);
    call.fact(50, 'A', ended('far-end'));
    call.fact(50, 'leg-o1', ended('switch'));
    expect(call.send(60, 'NoteUnheard', { gapId: 'g2', nodeId: 'n1', from: iso(10), to: iso(39) })).toEqual([]);
  });

  it('infers an end with its bounds, corrects it by the own CDR of the switch, and says so', () => {
    const call = talking();
    call.send(40, 'InferLegEnd', { legId: 'A', evidence: 'not-in-show-channels', earliest: iso(10), endedAt: iso(40), latest: iso(40.6) });
    expect(call.data('LegEnded')).toMatchObject({ confidence: 'inferred', bounds: { earliest: iso(10), latest: iso(40.6) }, hungUpBy: 'unknown' });
    expect(call.events.filter(({ type }) => type === 'LegEnded' || type === 'AgentContactEnded').map(({ occurredAt }) => occurredAt)).toEqual([iso(40), iso(40)]);
    call.send(40, 'InferLegEnd', { legId: 'leg-o1', evidence: 'not-in-show-channels', earliest: iso(10), endedAt: iso(40), latest: iso(40) });
    expect(call.data('CallEnded')).toMatchObject({ confidence: 'inferred', endedBy: 'unknown' });
    const witness = { legId: 'A', cause: 'NORMAL_CLEARING', q850: 16, hungUpBy: 'far-end' as const, times: { createdAt: iso(0), answeredAt: iso(0.1) }, endedAt: iso(17) };
    expect(call.send(41, 'WitnessLegEnd', witness)).toEqual(['LegEndCorrected', 'SegmentEndCorrected']);
    expect(call.data('SegmentEndCorrected')).toMatchObject({ segmentId: 'o1', kind: 'agent-contact', queueId: 'sales', endedAt: iso(17), reason: 'caller-hung-up' });
    expect(call.send(42, 'WitnessLegEnd', witness)).toEqual([]);
  });

  it('reports a second witness who says otherwise, beyond the steps of the clock of the switch', () => {
    const call = talking();
    call.fact(20, 'A', ended('far-end'));
    const witness = { legId: 'A', cause: 'NORMAL_CLEARING', q850: 16, hungUpBy: 'far-end' as const, times: { createdAt: iso(0), answeredAt: iso(0.1) } };
    expect(call.send(21, 'WitnessLegEnd', { ...witness, endedAt: iso(20.04) })).toEqual([]);
    expect(call.send(21, 'WitnessLegEnd', { ...witness, endedAt: iso(20.05) })).toEqual(['CdrDiffered']);
    expect(call.data('CdrDiffered')).toEqual({ legId: 'A', field: 'endedAt', recorded: iso(20), witnessed: iso(20.05) });
  });
});

describe('what a person asks', () => {
  it('is refused with a reason where it cannot be done', () => {
    const call = talking();
    const ask = (action: Extract<CallCommand, { type: 'RequestAction' }>['data']['action']) => () => call.send(5, 'RequestAction', { action, timeoutMs: 1_000 });
    expect(ask({ actionId: 'x', channelId: 'nobody', deed: 'hold' })).toThrow(expect.objectContaining({ kind: 'not-found', code: 'leg-not-found' }));
    expect(ask({ actionId: 'x', channelId: 'A', deed: 'bridge', otherChannelId: 'A' })).toThrow(expect.objectContaining({ code: 'same-leg' }));
    expect(ask({ actionId: 'x', channelId: 'A', deed: 'stop-recording', recordingId: 'r', path: 'p' })).toThrow(expect.objectContaining({ code: 'not-recording' }));
    call.fact(20, 'A', ended('far-end'));
    expect(ask({ actionId: 'x', channelId: 'A', deed: 'hold' })).toThrow(expect.objectContaining({ code: 'leg-ended' }));
    call.fact(20, 'leg-o1', ended('switch'));
    expect(ask({ actionId: 'x', channelId: 'A', deed: 'hold' })).toThrow(expect.objectContaining({ kind: 'conflict', code: 'call-ended' }));
    expect(() => call.send(21, 'HangUpCall', { cause: 'NORMAL_CLEARING' })).toThrow(expect.objectContaining({ code: 'call-ended' }));
  });

  it('keeps numbers and digits apart from the rest of a deed', () => {
    const call = talking();
    call.send(5, 'RequestAction', { action: { actionId: 'x', channelId: 'A', deed: 'transfer', destination: '+15550777', leg: 'this' }, timeoutMs: 1_000 });
    expect(call.data('SwitchActionRequested')).toMatchObject({ parameters: { leg: 'this' }, personal: { destination: '+15550777' }, deadlineAt: iso(6) });
  });

  it('does not store digits of a sensitive step', () => {
    const call = talking();
    const collect = (actionId: string, sensitive: boolean) =>
      call.send(5, 'RequestAction', { action: { actionId, channelId: 'A', deed: 'collect-digits', prompt: 'p', minDigits: 1, maxDigits: 4, timeoutMs: 5_000, terminators: '#', sensitive }, timeoutMs: 1_000 });
    collect('card', true);
    expect(call.fact(6, 'A', { kind: 'digits-collected', actionId: 'card', digits: '4111', result: 'success' })).toEqual([]);
    collect('menu', false);
    expect(call.fact(7, 'A', { kind: 'digits-collected', actionId: 'menu', digits: '2', result: 'success' })).toEqual(['DigitsCollected']);
  });
});
