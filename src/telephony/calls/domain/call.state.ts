import type { Deed } from './switch-action.js';
import { msOf } from '../../../kernel/clock.js';
import type { CallEvent, CallOverflow, Confidence, HungUpBy, LegRole, SegmentKind } from './call.events.js';

export interface Leg {
  readonly legId: string;
  readonly nodeId: string;
  readonly role: LegRole;
  readonly direction: 'inbound' | 'outbound';
  readonly origin: 'trunk' | 'device';
  readonly internal: boolean;
  readonly agentId: string | null;
  readonly shiftId: string | null;
  readonly offerId: string | null;
  readonly personId: string;
  readonly createdAt: string;
  /** Since when it is in this call. */
  readonly joinedAt: string;
  /** How often it had moved when it was last heard of here. */
  readonly moves: number;
  readonly ringingAt: string | null;
  readonly earlyMediaAt: string | null;
  readonly answeredAt: string | null;
  readonly parked: boolean;
  readonly bridgedWith: string | null;
  /** The last bridge that is on record, over or not; `exact`: its begin is that of the switch. */
  readonly lastBridge: { readonly otherLegId: string; readonly at: string; readonly exact: boolean } | null;
  readonly heldSince: string | null;
  readonly transferred: boolean;
  /** Running recordings: path to recording id. */
  readonly recordings: Readonly<Record<string, string>>;
  readonly end: { readonly at: string; readonly cause: string; readonly hungUpBy: HungUpBy; readonly confidence: Confidence } | null;
}

export interface Offer {
  readonly offerId: string;
  readonly segmentId: string;
  readonly queueId: string;
  readonly agentId: string;
  readonly shiftId: string;
  readonly legId: string;
  readonly address: string;
  readonly ringTimeoutMs: number;
  readonly wrapUpMs: number;
  /** `accepted`: being bridged; `connected`: became a contact. */
  readonly status: 'made' | 'ringing' | 'accepted' | 'connected' | 'closed';
}

export interface QueueEntry {
  readonly segmentId: string;
  readonly legId: string;
  readonly queueId: string;
  readonly enqueuedAt: string;
  readonly waitingSince: string;
  readonly answer: 'on-entry' | 'by-agent';
  readonly overflow: CallOverflow;
}

export interface Contact {
  readonly segmentId: string;
  readonly queueId: string | null;
  readonly agentId: string;
  readonly shiftId: string;
  readonly offerId: string | null;
  readonly legId: string;
  readonly startedAt: string;
  readonly heldSince: string | null;
  readonly holdMs: number;
  /** The last hold that is over. */
  readonly lastHold: Hold | null;
  readonly wrapUpMs: number;
}

export interface Hold {
  readonly from: string;
  readonly to: string;
}

/** A stay in a queue that is over without an agent. */
export interface PastStay {
  readonly segmentId: string;
  readonly legId: string;
  readonly queueId: string;
  readonly enqueuedAt: string;
  /** The maximum wait ended it, and nothing but the end of the call was to follow. */
  readonly timedOut: boolean;
}

/** A segment whose end is known no better than that of a leg which was inferred. */
export interface InferredSegment {
  readonly segmentId: string;
  readonly kind: SegmentKind;
  readonly queueId: string | null;
  readonly agentId: string | null;
  readonly offerId: string | null;
  /** The first of these legs to end ended it. */
  readonly legIds: readonly string[];
  /** The agent's, of a contact. */
  readonly agentLegId: string | null;
  readonly beganAt: string;
  readonly endedAt: string;
  /** On hold, ms, the last hold included. */
  readonly holdMs: number;
  readonly lastHold: Hold | null;
}

export interface OpenAction {
  readonly deed: Deed;
  readonly channelId: string;
  readonly started: boolean;
  readonly sensitive: boolean;
  readonly recordingId: string | null;
  readonly path: string | null;
}

export interface CallState {
  readonly status: 'none' | 'live' | 'ended';
  readonly callId: string;
  readonly nodeId: string;
  readonly personId: string;
  readonly from: string;
  readonly fromName: string;
  readonly legs: Readonly<Record<string, Leg>>;
  readonly offers: Readonly<Record<string, Offer>>;
  readonly queue: QueueEntry | null;
  readonly contact: Contact | null;
  /** Legs that the switch has begun for us and that have not been seen yet. */
  readonly expectedLegs: readonly string[];
  /** Recordings that the switch has begun for us and has not told of yet: path to recording id. */
  readonly expectedRecordings: Readonly<Record<string, string>>;
  /** Stays in queues that ended without an agent. */
  readonly unanswered: readonly PastStay[];
  /** Segments that ended with an inferred end of a leg. */
  readonly inferredSegments: readonly InferredSegment[];
  /** Requested and not settled. */
  readonly actions: Readonly<Record<string, OpenAction>>;
}

/** Cause of the end, in this call, of a leg that went on in another one. */
export const MOVED = 'MOVED';

export const initialCall: CallState = {
  status: 'none',
  callId: '',
  nodeId: '',
  personId: '',
  from: '',
  fromName: '',
  legs: {},
  offers: {},
  queue: null,
  contact: null,
  expectedLegs: [],
  expectedRecordings: {},
  unanswered: [],
  inferredSegments: [],
  actions: {},
};

export const liveLegs = (state: CallState): Leg[] => Object.values(state.legs).filter((leg) => leg.end === null);
export const isOpen = (offer: Offer | undefined): offer is Offer => offer?.status === 'made' || offer?.status === 'ringing' || offer?.status === 'accepted';
export const openOffers = (state: CallState): Offer[] => Object.values(state.offers).filter(isOpen);

const without = <T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> => {
  const { [key]: _removed, ...rest } = record;
  return rest;
};

const unexpect = (state: CallState, legId: string): CallState =>
  state.expectedLegs.includes(legId) ? { ...state, expectedLegs: state.expectedLegs.filter((expected) => expected !== legId) } : state;

const changeLeg = (state: CallState, legId: string, change: Partial<Leg>): CallState => {
  const leg = state.legs[legId];
  return leg === undefined ? state : { ...state, legs: { ...state.legs, [legId]: { ...leg, ...change } } };
};

const changeOffer = (state: CallState, offerId: string, status: Offer['status']): CallState => {
  const offer = state.offers[offerId];
  return offer === undefined ? state : { ...state, offers: { ...state.offers, [offerId]: { ...offer, status } } };
};

const holdContact = (contact: Contact | null, at: string): Contact | null =>
  contact === null || contact.heldSince !== null ? contact : { ...contact, heldSince: at };

const resumeContact = (contact: Contact | null, at: string): Contact | null =>
  contact === null || contact.heldSince === null ? contact : { ...contact, heldSince: null, lastHold: { from: contact.heldSince, to: at }, holdMs: contact.holdMs + Math.max(0, msOf(at) - msOf(contact.heldSince)) };

const newLeg = (leg: Pick<Leg, 'legId' | 'nodeId' | 'role' | 'direction' | 'origin' | 'internal' | 'agentId' | 'shiftId' | 'offerId' | 'personId' | 'createdAt' | 'joinedAt' | 'answeredAt' | 'parked'> & Partial<Pick<Leg, 'recordings' | 'lastBridge' | 'moves'>>): Leg => ({
  recordings: {},
  moves: 0,
  lastBridge: null,
  ...leg,
  ringingAt: null,
  earlyMediaAt: null,
  bridgedWith: null,
  heldSince: null,
  transferred: false,
  end: null,
});

/** Legs of those whom a contact is with. */
const personsOf = ({ legs }: CallState): string[] => {
  const callers = Object.values(legs).filter(({ role }) => role === 'caller');
  const persons = callers.length > 0 ? callers : Object.values(legs).filter(({ role }) => role === 'callee');
  return persons.map(({ legId }) => legId);
};

/** Legs whose end ends the contact: the agent's, and that of the person whom it is with. */
const legsOfContact = (state: CallState): string[] => (state.contact === null ? [] : [state.contact.legId, ...personsOf(state)]);

type Told = Omit<InferredSegment, 'legIds' | 'endedAt'>;

const inferredStay = ({ queue }: CallState): Told | undefined =>
  queue === null ? undefined : { segmentId: queue.segmentId, kind: 'queue', queueId: queue.queueId, agentId: null, offerId: null, agentLegId: null, beganAt: queue.enqueuedAt, holdMs: 0, lastHold: null };

const inferredContact = ({ contact }: CallState): Told | undefined =>
  contact === null
    ? undefined
    : { segmentId: contact.segmentId, kind: 'agent-contact', queueId: contact.queueId, agentId: contact.agentId, offerId: contact.offerId, agentLegId: contact.legId, beganAt: contact.startedAt, holdMs: contact.holdMs, lastHold: contact.lastHold };

/** Remembers a segment that ends at `at`, where one of its legs ended then by inference. */
const withInferred = (state: CallState, legIds: readonly string[], at: string, of: (state: CallState) => Told | undefined): CallState => {
  const inferred = legIds.some((legId) => state.legs[legId]?.end?.confidence === 'inferred' && state.legs[legId]?.end?.at === at);
  const segment = inferred ? of(state) : undefined;
  return segment === undefined ? state : { ...state, inferredSegments: [...state.inferredSegments, { ...segment, legIds, endedAt: at }] };
};

/** Total over every event that a call's stream may hold. */
export const evolveCall = (state: CallState, event: CallEvent & { readonly occurredAt: string }): CallState => {
  const at = event.occurredAt;
  switch (event.type) {
    case 'CallStarted':
      return { ...state, status: 'live', callId: event.data.callId, nodeId: event.data.nodeId, personId: event.data.personId, from: event.data.from, fromName: event.data.fromName };
    case 'LegStarted': {
      const { number: _number, name: _name, ...leg } = event.data;
      return { ...unexpect(state, leg.legId), legs: { ...state.legs, [leg.legId]: newLeg({ ...leg, createdAt: at, joinedAt: at, answeredAt: null, parked: false }) } };
    }
    case 'LegAdopted': {
      const { legId, passport } = event.data;
      const known = state.legs[legId];
      const { move = (known?.moves ?? 0) + 1, ...leg } = passport;
      return { ...unexpect(state, legId), legs: { ...state.legs, [legId]: newLeg({ ...leg, moves: move, lastBridge: known?.lastBridge ?? null, joinedAt: at, shiftId: null, offerId: null }) } };
    }
    case 'LegMoved': {
      const { legId, passport } = event.data;
      const { move, ...leg } = passport;
      const left = state.legs[legId] ?? newLeg({ ...leg, joinedAt: at, shiftId: null });
      return { ...state, legs: { ...state.legs, [legId]: { ...left, moves: move ?? left.moves + 1, end: { at, cause: MOVED, hungUpBy: 'switch', confidence: 'seen' }, recordings: {} } } };
    }
    case 'LegRinging':
      return changeLeg(state, event.data.legId, { ringingAt: at });
    case 'LegEarlyMedia':
      return changeLeg(state, event.data.legId, { earlyMediaAt: at });
    case 'LegAnswered':
      return changeLeg(state, event.data.legId, { answeredAt: at });
    case 'LegParked':
      return changeLeg(state, event.data.legId, { parked: true });
    case 'LegsBridged': {
      const { legId, otherLegId, unheard } = event.data;
      const exact = unheard?.confidence !== 'inferred';
      const bridge = (withLegId: string): Partial<Leg> => ({ bridgedWith: withLegId, lastBridge: { otherLegId: withLegId, at, exact }, parked: false });
      return changeLeg(changeLeg(state, legId, bridge(otherLegId)), otherLegId, bridge(legId));
    }
    case 'LegsUnbridged':
      return changeLeg(changeLeg(state, event.data.legId, { bridgedWith: null }), event.data.otherLegId, { bridgedWith: null });
    case 'LegHeld':
      return { ...changeLeg(state, event.data.legId, { heldSince: at }), contact: holdContact(state.contact, at) };
    case 'LegResumed':
      return { ...changeLeg(state, event.data.legId, { heldSince: null }), contact: resumeContact(state.contact, at) };
    case 'LegTransferred':
      return changeLeg(state, event.data.legId, { transferred: true, bridgedWith: null });
    case 'RecordingStarted': {
      const leg = state.legs[event.data.legId];
      const expectedRecordings = without(state.expectedRecordings, event.data.path);
      return changeLeg({ ...state, expectedRecordings }, event.data.legId, { recordings: { ...leg?.recordings, [event.data.path]: event.data.recordingId } });
    }
    case 'RecordingStopped': {
      const leg = state.legs[event.data.legId];
      return changeLeg(state, event.data.legId, { recordings: without(leg?.recordings ?? {}, event.data.path) });
    }
    case 'LegEnded': {
      if (state.legs[event.data.legId] === undefined) return unexpect(state, event.data.legId);
      const other = state.legs[event.data.legId]?.bridgedWith;
      const ended = changeLeg(state, event.data.legId, {
        end: { at, cause: event.data.cause, hungUpBy: event.data.hungUpBy, confidence: event.data.confidence },
        parked: false,
        bridgedWith: null,
        heldSince: null,
        recordings: {},
      });
      return other === null || other === undefined ? ended : changeLeg(ended, other, { bridgedWith: null });
    }
    case 'LegEndCorrected': {
      const { endedAt, cause, hungUpBy } = event.data;
      return changeLeg(state, event.data.legId, { end: { at: endedAt, cause, hungUpBy, confidence: 'witnessed' } });
    }
    case 'CallEnded':
      return { ...state, status: 'ended' };
    case 'CallEnqueued': {
      const { segmentId, legId, queueId, waitingSince, answer, overflow } = event.data;
      return { ...state, queue: { segmentId, legId, queueId, enqueuedAt: at, waitingSince, answer, overflow } };
    }
    case 'CallDequeued': {
      const { segmentId, queueId, enqueuedAt, reason, overflowQueueId } = event.data;
      const stay = { segmentId, legId: state.queue?.legId ?? '', queueId, enqueuedAt, timedOut: reason === 'max-wait' && overflowQueueId === null };
      const unanswered = reason === 'answered' ? state.unanswered : [...state.unanswered, stay];
      return { ...withInferred(state, state.queue === null ? [] : [state.queue.legId], at, inferredStay), unanswered, queue: null };
    }
    case 'OfferMade': {
      const { strategy: _strategy, candidates: _candidates, dueAt: _dueAt, ...offer } = event.data;
      return { ...state, offers: { ...state.offers, [offer.offerId]: { ...offer, status: 'made' } } };
    }
    case 'OfferRinging':
      return changeOffer(state, event.data.offerId, 'ringing');
    case 'OfferDeclined':
    case 'OfferFailed':
      return changeOffer(state, event.data.offerId, 'closed');
    case 'OfferAccepted':
      return changeOffer(state, event.data.offerId, 'accepted');
    case 'AgentContactStarted': {
      const wrapUpMs = event.data.offerId === null ? 0 : (state.offers[event.data.offerId]?.wrapUpMs ?? 0);
      const next = event.data.offerId === null ? state : changeOffer(state, event.data.offerId, 'connected');
      return { ...next, contact: { ...event.data, startedAt: at, heldSince: null, holdMs: 0, lastHold: null, wrapUpMs } };
    }
    case 'AgentContactEnded':
      return { ...withInferred({ ...state, contact: resumeContact(state.contact, at) }, legsOfContact(state), at, inferredContact), contact: null };
    case 'AgentContactWitnessed': {
      const { segmentId, queueId, agentId, offerId, legId, startedAt, endedAt } = event.data;
      const contact: InferredSegment = { segmentId, kind: 'agent-contact', queueId, agentId, offerId, legIds: [legId, ...personsOf(state)], agentLegId: legId, beganAt: startedAt, endedAt, holdMs: 0, lastHold: null };
      return { ...changeOffer(state, offerId, 'connected'), inferredSegments: [...state.inferredSegments, contact] };
    }
    case 'SegmentEndCorrected': {
      const { segmentId, endedAt, kind, reason } = event.data;
      // A stay that was answered ended with the bridge: no leg's end says anything about it any more.
      if (kind === 'queue' && reason === 'answered') {
        const others = <T extends { readonly segmentId: string }>(segments: readonly T[]): T[] => segments.filter((segment) => segment.segmentId !== segmentId);
        return { ...state, unanswered: others(state.unanswered), inferredSegments: others(state.inferredSegments) };
      }
      const unanswered = state.unanswered.map((stay) => (stay.segmentId === segmentId ? { ...stay, timedOut: false } : stay));
      return { ...state, unanswered, inferredSegments: state.inferredSegments.map((segment) => (segment.segmentId === segmentId ? { ...segment, endedAt } : segment)) };
    }
    case 'SwitchActionRequested': {
      const { actionId, channelId, deed, parameters } = event.data;
      const extra = (typeof parameters === 'object' ? parameters : {}) as { sensitive?: boolean; recordingId?: string; path?: string };
      const action: OpenAction = { deed, channelId, started: false, sensitive: extra.sensitive === true, recordingId: extra.recordingId ?? null, path: extra.path ?? null };
      return { ...state, actions: { ...state.actions, [actionId]: action } };
    }
    case 'SwitchActionStarted': {
      const action = state.actions[event.data.actionId];
      return action === undefined ? state : { ...state, actions: { ...state.actions, [event.data.actionId]: { ...action, started: true } } };
    }
    case 'SwitchActionSucceeded': {
      const action = state.actions[event.data.actionId];
      const next = { ...state, actions: without(state.actions, event.data.actionId) };
      if (action?.deed === 'start-recording' && action.path !== null && action.recordingId !== null && !Object.hasOwn(state.legs[action.channelId]?.recordings ?? {}, action.path)) {
        return { ...next, expectedRecordings: { ...next.expectedRecordings, [action.path]: action.recordingId } };
      }
      return action?.deed === 'originate' && state.legs[action.channelId] === undefined ? { ...next, expectedLegs: [...next.expectedLegs, action.channelId] } : next;
    }
    case 'SwitchActionFailed':
    case 'SwitchActionOutcomeUnknown':
      return { ...state, actions: without(state.actions, event.data.actionId) };
    case 'DigitsCollected':
    case 'PlaybackStarted':
    case 'PlaybackStopped':
    case 'CallUnheard':
    case 'CdrDiffered':
      return state;
    default:
      event satisfies never;
      return state;
  }
};
