import type { Recorded, RecordedEvent } from '../../../kernel/event.js';
import type { Process, ProcessCommand } from '../../../kernel/process.js';
import { idOf, streamOf } from '../../../kernel/streams.js';
import type { CallEvent } from '../../../telephony/contract/call-events.js';
import type { EngagementCommand } from '../../agents/domain/agent-shift.commands.js';
import type { BackOff } from '../../agents/domain/agent-shift.events.js';

const TYPES = ['OfferMade', 'OfferRinging', 'OfferFailed', 'AgentContactStarted', 'AgentContactEnded', 'AgentContactWitnessed', 'LegStarted', 'LegEnded'] as const;
type Heard = Recorded<Extract<CallEvent, { type: (typeof TYPES)[number] }>>;

const NO_BACK_OFF: BackOff = { noAnswerDelayMs: 0, rejectDelayMs: 0, maxNoAnswer: null };

const toShift = <T extends EngagementCommand['type']>(shiftId: string, type: T, data: Extract<EngagementCommand, { type: T }>['data']): ProcessCommand => ({ stream: streamOf('agentShift', shiftId), type, data });

const react = (recorded: RecordedEvent): readonly ProcessCommand[] => {
  const event = recorded as Heard;
  const { stream: call } = event;
  const callId = idOf(call);
  const at = event.metadata.occurredAt;
  switch (event.type) {
    case 'OfferMade': {
      const { offerId, shiftId, queueId, dueAt, backOff = NO_BACK_OFF } = event.data;
      return [{ ...toShift(shiftId, 'ReserveAgent', { offerId, callId, queueId, dueAt, backOff }), onRefused: (code) => ({ stream: call, type: 'DeclineOffer', data: { offerId, code } }) }];
    }
    case 'OfferRinging':
      return [toShift(event.data.shiftId, 'StartRinging', { offerId: event.data.offerId, at })];
    case 'OfferFailed': {
      const { shiftId, offerId, failure } = event.data;
      // A shift that refused was never reserved.
      return failure === 'refused' ? [] : [toShift(shiftId, 'ReleaseAgent', { offerId, reason: failure, at })];
    }
    case 'AgentContactStarted': {
      const { shiftId, segmentId, queueId, offerId } = event.data;
      return [toShift(shiftId, 'StartContact', { segmentId, callId, queueId, offerId, at })];
    }
    case 'AgentContactEnded': {
      const { shiftId, segmentId, holdMs, wrapUpMs } = event.data;
      return [toShift(shiftId, 'EndContact', { segmentId, holdMs, wrapUpMs, at })];
    }
    case 'AgentContactWitnessed': {
      const { shiftId, segmentId, queueId, startedAt, endedAt } = event.data;
      return [toShift(shiftId, 'NoteContact', { segmentId, callId, queueId, startedAt, endedAt })];
    }
    case 'LegStarted': {
      const { legId, origin, role, agentId, shiftId, offerId } = event.data;
      const own = origin === 'device' && (role === 'agent' || role === 'caller') && agentId !== null && offerId === null;
      return own && shiftId !== null ? [toShift(shiftId, 'StartOwnCall', { legId, callId, at })] : [];
    }
    case 'LegEnded': {
      const { legId, agentId, shiftId, offerId } = event.data;
      return agentId !== null && shiftId !== null && offerId === undefined ? [toShift(shiftId, 'EndOwnCall', { legId, at })] : [];
    }
    default:
      event satisfies never;
      return [];
  }
};

/**
 * What happens on a call, happens to the agent: offered, the agent is reserved; the offer came to
 * nothing, they are let go; they talk, they are on call. One process for all of it, and one lane for each
 * shift, because the events of a lane are handled in order: no release overtakes its reservation, and where
 * this lags behind (after an outage, say) no call reaches the shift before the end of the agent's call before.
 */
export const agentFollowsTheCall: Process = {
  name: 'agent-follows-the-call',
  actor: { kind: 'process', id: 'agent-follows-the-call' },
  eventTypes: TYPES,
  laneOf: ({ data }: RecordedEvent) => (data as { readonly shiftId?: string | null }).shiftId ?? undefined,
  react,
};
