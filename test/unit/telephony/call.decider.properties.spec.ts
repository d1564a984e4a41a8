import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { isoTime, msOf } from '../../../src/kernel/clock.js';
import type { Command } from '../../../src/kernel/command.js';
import { DomainError } from '../../../src/kernel/errors.js';
import type { Recorded, RecordedEvent } from '../../../src/kernel/event.js';
import type { CallCommand, LegFact, NewLeg } from '../../../src/telephony/calls/domain/call.commands.js';
import { callDecider } from '../../../src/telephony/calls/domain/call.decider.js';
import type { CallEvent } from '../../../src/telephony/calls/domain/call.events.js';
import { type CallState, liveLegs, openOffers } from '../../../src/telephony/calls/domain/call.state.js';
import type { SwitchAction } from '../../../src/telephony/calls/domain/switch-action.js';
import { brokenCalls } from '../../../src/engine/simulation/invariants/calls.js';
import { historiesOf } from '../../../src/engine/simulation/invariants/histories.js';
import { seededRandom } from '../../support/seeded-random.js';

const T0 = Date.parse('2026-03-02T09:00:00.000Z');
const LEGS = ['A', 'B', 'C', 'leg-o1'] as const;
const HUNG_UP_BY = ['far-end', 'switch', 'unknown'] as const;
const CAUSES = ['NORMAL_CLEARING', 'NO_ANSWER', 'USER_BUSY', 'CALL_REJECTED', 'ORIGINATOR_CANCEL', 'WHATEVER'] as const;

const of = <T>(list: readonly T[], n: number): T => list[n % list.length]!;

/** The stay in the queue that there is, or now and then one of long ago. */
const segmentOf = ({ queue }: CallState, n: number): string => (queue === null || n % 7 === 0 ? 'q-gone' : queue.segmentId);

/** One of the call's offers, open ones more often, or one that it does not know. */
const offerOf = (state: CallState, n: number): string => of([...openOffers(state), ...openOffers(state), ...Object.values(state.offers)].map(({ offerId }) => offerId).concat('o1'), n);

const newLeg = (legId: string, n: number): NewLeg => ({
  legId, nodeId: 'n1', role: legId === 'A' ? 'caller' : 'callee', direction: legId === 'A' ? 'inbound' : 'outbound', origin: n % 5 === 0 ? 'device' : 'trunk', internal: n % 7 === 0,
  agentId: n % 11 === 0 ? 'ag9' : null, shiftId: n % 11 === 0 ? 'ag9+1' : null, personId: 'p', number: '+15550100', name: '',
});

const passport = (legId: string) => ({
  legId, personId: 'p', nodeId: 'n1', role: 'callee' as const, direction: 'outbound' as const, origin: 'trunk' as const, internal: false, agentId: null, offerId: null, createdAt: isoTime(T0), answeredAt: null, parked: false,
});

const factOf = (n: number, other: string, at: string): LegFact => {
  const facts: readonly LegFact[] = [
    { kind: 'ringing' }, { kind: 'early-media' }, { kind: 'answered' }, { kind: 'answered' }, { kind: 'parked' }, { kind: 'parked' }, { kind: 'unparked' }, { kind: 'resumed' },
    { kind: 'bridged', otherLegId: other }, { kind: 'bridged', otherLegId: other }, { kind: 'bridged', otherLegId: other }, { kind: 'unbridged', otherLegId: other }, { kind: 'held', by: 'far-end' }, { kind: 'transferred', how: 'blind', destination: '9103' },
    { kind: 'digits-collected', actionId: null, digits: '12', result: 'success' }, { kind: 'playback-started', media: 'x.wav' }, { kind: 'playback-stopped', media: 'x.wav', interrupted: false },
    { kind: 'recording-started', path: '/r.wav' }, { kind: 'recording-stopped', path: '/r.wav', durationMs: 5 },
    { kind: 'ended', cause: of(CAUSES, n), q850: 16, sipStatus: null, hungUpBy: of(HUNG_UP_BY, n), times: { createdAt: at } },
  ];
  return of(facts, n);
};

const actionOf = (n: number, actionId: string, channelId: string, other: string): SwitchAction => {
  const actions: readonly SwitchAction[] = [
    { actionId, channelId, deed: 'answer' }, { actionId, channelId, deed: 'bridge', otherChannelId: other }, { actionId, channelId, deed: 'hang-up', cause: 'NORMAL_CLEARING' }, { actionId, channelId, deed: 'park' }, { actionId, channelId, deed: 'hold' },
    { actionId, channelId, deed: 'resume' }, { actionId, channelId, deed: 'transfer', destination: '9103', leg: 'other' }, { actionId, channelId, deed: 'play', media: 'x.wav', loop: false }, { actionId, channelId, deed: 'stop-playing' },
    { actionId, channelId, deed: 'send-digits', digits: '1' }, { actionId, channelId, deed: 'start-recording', recordingId: 'r1', path: '/r.wav' }, { actionId, channelId, deed: 'stop-recording', recordingId: 'r1', path: '/r.wav' },
  ];
  return of(actions, n);
};

/** A step: what is done, and three small numbers that say to which and how. */
type Step = readonly [what: number, a: number, b: number, c: number];

type Made = { [T in CallCommand['type']]: { readonly type: T; readonly data: Extract<CallCommand, { type: T }>['data'] } }[CallCommand['type']];

const KINDS: readonly ((step: Step, state: CallState, at: string, n: number) => Made)[] = [
  ([, a]) => ({ type: 'StartCall', data: { callId: 'A', interactionId: 'A', switchSessionId: 's', direction: a % 3 === 0 ? 'outbound' : 'inbound', numberId: 'n', from: '1', fromName: '', to: '2', leg: newLeg('A', a) } }),
  ([, a]) => ({ type: 'PlaceCall', data: { callId: 'A', nodeId: 'n1', legId: of(['A', 'B'], a), personId: 'p', from: '1', fromName: '', to: '2', address: 'sofia/gateway/x/2', timeoutMs: 20_000 } }),
  ([, a, b]) => ({ type: 'AddLeg', data: { leg: newLeg(of(LEGS, a), b) } }),
  ([, a, b, c], _state, at) => ({ type: 'RecordLegFact', data: { legId: of(LEGS, a), fact: factOf(b, of(LEGS, c), at) } }),
  // Facts about legs that live are what most of a call's commands are.
  ([, a, b, c], state, at) => ({ type: 'RecordLegFact', data: { legId: of([...liveLegs(state).map(({ legId }) => legId), 'A'], a), fact: factOf(b, of([...liveLegs(state).map(({ legId }) => legId), 'B'], c), at) } }),
  ([, a], _state, at) => ({ type: 'MoveLeg', data: { passport: passport(of(LEGS, a)), toCallId: 'other', at } }),
  ([, a], _state, at) => ({ type: 'AdoptLeg', data: { passport: passport(of(LEGS, a)), fromCallId: 'other', at } }),
  ([, a], _state, at) => ({ type: 'InferLegEnd', data: { legId: of(LEGS, a), evidence: 'not-in-show-channels', earliest: at, endedAt: at, latest: at } }),
  ([, a, b], _state, at) => ({ type: 'WitnessLegEnd', data: { legId: of(LEGS, a), cause: of(CAUSES, b), q850: 16, hungUpBy: of(HUNG_UP_BY, b), times: { createdAt: at }, endedAt: at } }),
  ([, , b, c], _state, at, n) => ({
    type: 'EnqueueCall',
    data: {
      segmentId: `q${n}`, legId: of(LEGS, b % 3), queueId: 'sales', priority: 5, waitingSince: at, maxWaitAt: null, answer: c % 2 === 0 ? 'on-entry' : 'by-agent',
      overflow: c % 3 === 0 ? { kind: 'queue', queueId: 'support' } : { kind: 'hang-up' }, previousSegmentId: null, music: c % 2 === 0 ? 'local_stream://moh' : null,
    },
  }),
  ([, a], state) => ({ type: 'DequeueCall', data: { segmentId: segmentOf(state, a), reason: 'transferred', overflowQueueId: null } }),
  ([, a], state) => ({ type: 'ExpireQueueWait', data: { segmentId: segmentOf(state, a) } }),
  ([, , b], state, _at, n) => ({
    type: 'MakeOffer',
    data: {
      offerId: `o${n}`, segmentId: segmentOf(state, b), agentId: 'ag1', shiftId: 'ag1+1', legId: `leg-o${n}`, address: 'user/1001', strategy: 'longest-idle-agent', candidates: [], dueAt: isoTime(T0), ringTimeoutMs: 1, wrapUpMs: 5,
    },
  }),
  ([, a], state) => ({ type: 'DeclineOffer', data: { offerId: offerOf(state, a), code: 'agent-on-call' } }),
  ([, a], state) => ({ type: 'RingAgent', data: { offerId: offerOf(state, a) } }),
  ([, , b], state) => ({ type: 'AddLeg', data: { leg: newLeg(openOffers(state)[0]?.legId ?? 'B', b) } }),
  ([, a], state) => ({ type: 'ExpireOffer', data: { offerId: offerOf(state, a) } }),
  ([, a], state) => ({ type: 'RescindOffer', data: { offerId: offerOf(state, a) } }),
  () => ({ type: 'RejectCall', data: { cause: 'USER_BUSY' } }),
  () => ({ type: 'HangUpCall', data: { cause: 'NORMAL_CLEARING' } }),
  ([, a, b, c], _state, _at, n) => ({ type: 'RequestAction', data: { action: actionOf(a, `act${n}`, of(LEGS, b), of(LEGS, c)), timeoutMs: 1_000 } }),
  ([, a], state) => ({ type: 'StartAction', data: { actionId: of([...Object.keys(state.actions), 'none'], a) } }),
  ([, a, b], state) => ({ type: 'SettleAction', data: { actionId: of([...Object.keys(state.actions), 'none'], a), outcome: of(['succeeded', 'failed', 'unknown'] as const, b), detail: of(CAUSES, b) } }),
];

/** What a call's life usually brings next: without it most random steps would come to nothing. */
const LIKELY: (typeof KINDS)[number] = (step, state, at, n) => {
  const [, a, b, c] = step;
  const live = liveLegs(state).map(({ legId }) => legId);
  const made = (kind: CallCommand['type']): Made => KINDS.map((make) => make(step, state, at, n)).find(({ type }) => type === kind)!;
  const fact = (legId: string, told: LegFact): Made => ({ type: 'RecordLegFact', data: { legId, fact: told } });
  if (state.status === 'none') return made('StartCall');
  const [offer] = openOffers(state);
  const beside: Made[] = [made('SettleAction'), made('RequestAction'), fact(of([...live, 'A'], a), factOf(b % 19, of([...live, 'B'], c), at))];
  const choices: Made[] = [];
  if (state.queue === null && live.includes('A') && state.contact === null) choices.push({ type: 'EnqueueCall', data: { ...(made('EnqueueCall').data as object), legId: 'A' } } as Made);
  if (state.queue !== null && offer === undefined) choices.push(made('MakeOffer'), made('MakeOffer'));
  if (offer !== undefined && state.legs[offer.legId] === undefined) choices.push({ type: 'RingAgent', data: { offerId: offer.offerId } }, { type: 'AddLeg', data: { leg: newLeg(offer.legId, 1) } }, made('DeclineOffer'));
  if (offer !== undefined && live.includes(offer.legId)) {
    choices.push(fact(offer.legId, { kind: 'ringing' }), fact(offer.legId, { kind: 'answered' }), fact(offer.legId, { kind: 'parked' }));
    if (offer.status === 'accepted') choices.push(...[1, 2, 3].map(() => fact('A', { kind: 'bridged', otherLegId: offer.legId })));
  }
  const bridge = Object.values(state.legs).find(({ bridgedWith }) => bridgedWith !== null);
  if (bridge !== undefined) choices.push(fact(bridge.legId, { kind: 'unbridged', otherLegId: bridge.bridgedWith ?? '' }), fact(bridge.legId, { kind: 'held', by: 'switch' }), fact(bridge.legId, { kind: 'resumed' }), fact(bridge.legId, { kind: 'transferred', how: 'attended', destination: null }));
  return a % 4 === 0 || choices.length === 0 ? of(beside, b) : of(choices, b + c);
};

const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
};

/** One call to which everything happens, possible or not; what must always hold is checked at every step. */
class AnyCall {
  state: CallState = frozen(callDecider.initialState);
  readonly events: RecordedEvent[] = [];
  private sent = 0;

  do(step: Step): void {
    // Facts may come late: some lie a little before what was recorded already.
    const at = isoTime(T0 + this.sent * 100 - (step[3] % 5 === 0 ? 250 : 0));
    this.send((KINDS[step[0]] ?? LIKELY)(step, this.state, at, this.sent), at);
  }

  send(made: Made, at: string): void {
    this.sent += 1;
    const meta: Command['meta'] = { commandId: `c${this.sent}`, tenantId: 't', at, actor: { kind: 'switch', id: 'n1' }, correlationId: 'A', causationId: 'x' };
    const command = frozen({ ...made, meta } as CallCommand);
    const decided = this.decide(command);
    if (!isDeepStrictEqual(this.decide(command), decided)) throw new Error(`${made.type} is decided differently the second time`);
    for (const event of decided) {
      const occurredAt = event.occurredAt ?? at;
      this.state = frozen(callDecider.evolve(this.state, { ...event, occurredAt }));
      this.events.push({ ...event, stream: 'call-A', metadata: { occurredAt } } as unknown as RecordedEvent);
    }
  }

  /** The people have gone and every deed has its result: what a switch does in the end. */
  finish(): void {
    const at = isoTime(T0 + 1_000_000);
    for (let round = 0; round < 3; round += 1) {
      for (const actionId of Object.keys(this.state.actions)) this.send({ type: 'SettleAction', data: { actionId, outcome: 'failed', detail: 'NO_ANSWER' } }, at);
      for (const legId of this.state.expectedLegs) this.send({ type: 'InferLegEnd', data: { legId, evidence: 'not-in-show-channels', earliest: at, endedAt: at, latest: at } }, at);
      for (const { legId } of liveLegs(this.state)) this.send({ type: 'RecordLegFact', data: { legId, fact: { kind: 'ended', cause: 'NORMAL_CLEARING', q850: 16, sipStatus: null, hungUpBy: 'far-end', times: { createdAt: at } } } }, at);
    }
  }

  private decide(command: CallCommand): readonly CallEvent[] {
    try {
      return callDecider.decide(command, this.state);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return [];
    }
  }
}

/** Offers: accepted once at most and only while open, connected only after that, and never both connected and failed. Contacts: one at a time. */
const checkOffers = (events: readonly Recorded<CallEvent>[]): void => {
  const offers = new Map<string, 'open' | 'accepted' | 'connected' | 'closed'>();
  let contact: string | null = null;
  for (const event of events) {
    switch (event.type) {
      case 'OfferMade':
        expect([...offers.values()].filter((status) => status === 'open' || status === 'accepted')).toEqual([]);
        offers.set(event.data.offerId, 'open');
        break;
      case 'OfferRinging':
        expect(offers.get(event.data.offerId)).toBe('open');
        break;
      case 'OfferAccepted':
        expect(offers.get(event.data.offerId)).toBe('open');
        offers.set(event.data.offerId, 'accepted');
        break;
      case 'OfferDeclined':
      case 'OfferFailed':
        expect(['open', 'accepted']).toContain(offers.get(event.data.offerId));
        offers.set(event.data.offerId, 'closed');
        break;
      case 'AgentContactStarted':
        expect(contact).toBeNull();
        contact = event.data.segmentId;
        if (event.data.offerId === null) break;
        expect(offers.get(event.data.offerId)).toBe('accepted');
        offers.set(event.data.offerId, 'connected');
        break;
      case 'AgentContactEnded':
        expect(event.data.segmentId).toBe(contact);
        expect(msOf(event.data.startedAt)).not.toBeNaN();
        expect(event.data.holdMs).toBeGreaterThanOrEqual(0);
        contact = null;
        break;
      default:
    }
  }
};

/** What a run of this test has many of, so that it cannot be about nothing. */
const OFTEN: readonly CallEvent['type'][] = ['CallEnded', 'CallDequeued', 'OfferAccepted', 'OfferDeclined', 'OfferFailed', 'AgentContactStarted', 'AgentContactEnded', 'LegHeld', 'LegResumed', 'SwitchActionSucceeded', 'SwitchActionFailed'];

describe('the decider of a call, whatever is asked and told', () => {
  const { seed } = seededRandom();
  const step: fc.Arbitrary<Step> = fc.tuple(fc.nat(8 * KINDS.length), fc.nat(60), fc.nat(60), fc.nat(60));
  const steps = fc.array(step, { minLength: 1, maxLength: 80 });

  const seen = new Map<string, number>();

  afterAll(() => {
    // What never happens proves nothing.
    for (const type of OFTEN) expect([type, (seen.get(type) ?? 0) > 5]).toEqual([type, true]);
  });

  it(`refuses or records, twice the same, and comes to one end (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.boolean(), steps, (startsInOrder, history) => {
        const call = new AnyCall();
        if (startsInOrder) {
          call.do([0, 1, 0, 1]);
          call.do([9, 0, 0, 2]);
        }
        for (const each of history) call.do(each);
        const begun = call.events.length > 0;
        call.finish();
        const events = historiesOf(call.events);
        expect(brokenCalls(events, () => false)).toEqual([]);
        for (const { type } of call.events) seen.set(type, (seen.get(type) ?? 0) + 1);
        checkOffers(events.calls.get('A') ?? []);
        expect(call.state.status).toBe(begun ? 'ended' : 'none');
      }),
      { seed, numRuns: Number(process.env['RUNS'] ?? 1_000) },
    );
  }, 60_000);
});
