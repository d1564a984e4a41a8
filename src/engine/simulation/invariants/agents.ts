import { msOf } from '../../../kernel/clock.js';
import type { Recorded } from '../../../kernel/event.js';
import type { AgentShiftEvent } from '../../../routing/contract/routing-events.js';
import { type Histories, Pairs } from './histories.js';

/** What is wrong with the shifts of agents, each for itself. `mayBeBusy`: calls go on, so that something may be open. */
export const brokenShifts = ({ shifts }: Histories, mayBeBusy: boolean): string[] =>
  [...shifts].flatMap(([shiftId, events]) => brokenShift(events, mayBeBusy).map((what) => `shift ${shiftId}: ${what}`));

const brokenShift = (events: readonly Recorded<AgentShiftEvent>[], mayBeBusy: boolean): string[] => {
  const found: string[] = [];
  const [reservations, contacts, ownCalls, wrapUps] = ['reservation', 'contact', 'own call', 'wrap-up'].map((what) => new Pairs(what)) as [Pairs, Pairs, Pairs, Pairs];
  let reserved: string | undefined;
  const onCalls = new Set<string>();
  let last = -Infinity;
  for (const event of events) {
    const at = msOf(event.metadata.occurredAt);
    if (at < last) found.push(`${event.type} is dated before the event ahead of it`);
    last = at;
    switch (event.type) {
      case 'AgentReserved':
        reservations.open(event.data.offerId);
        if (reserved !== undefined || onCalls.size > 0) found.push(`reserved for ${event.data.offerId} while reserved or on a call`);
        reserved = event.data.offerId;
        break;
      case 'AgentReleased':
        reservations.close(event.data.offerId);
        reserved = undefined;
        break;
      case 'AgentOnCall':
        contacts.open(event.data.segmentId);
        if (event.data.offerId !== null && event.data.offerId === reserved) {
          reservations.close(event.data.offerId);
          reserved = undefined;
        }
        if (onCalls.size > 0) found.push(`on call ${event.data.callId} while on ${[...onCalls].join(', ')}`);
        onCalls.add(event.data.callId);
        break;
      case 'AgentOffCall':
        contacts.close(event.data.segmentId);
        onCalls.delete(event.data.callId);
        break;
      case 'AgentOwnCallStarted':
        ownCalls.open(event.data.legId);
        break;
      case 'AgentOwnCallEnded':
        ownCalls.close(event.data.legId);
        break;
      case 'AgentWrapUpStarted':
        wrapUps.open(event.data.segmentId);
        break;
      case 'AgentWrapUpEnded':
        wrapUps.close(event.data.segmentId);
        break;
      default:
    }
  }
  return [...found, ...reservations.broken(mayBeBusy), ...contacts.broken(mayBeBusy), ...ownCalls.broken(mayBeBusy), ...wrapUps.broken(mayBeBusy)];
};

interface Talk {
  readonly agentId: string;
  readonly callId: string;
  readonly nodeId: string | undefined;
  readonly from: number;
  to: number;
}

/** By the calls' own events: nobody talks in two calls at a time, and the shift knows of every contact. Clocks of two nodes are `apartMs` apart at most. */
export const brokenContacts = ({ calls, shifts }: Histories, apartMs = 0): string[] => {
  const talks = new Map<string, Talk>();
  for (const [callId, events] of calls) {
    let nodeId: string | undefined;
    for (const event of events) {
      const at = msOf(event.metadata.occurredAt);
      if (event.type === 'CallStarted') ({ nodeId } = event.data);
      if (event.type === 'AgentContactWitnessed') talks.set(event.data.segmentId, { agentId: event.data.agentId, callId, nodeId, from: msOf(event.data.startedAt), to: msOf(event.data.endedAt) });
      if (event.type === 'AgentContactStarted') talks.set(event.data.segmentId, { agentId: event.data.agentId, callId, nodeId, from: at, to: Infinity });
      const talk = event.type === 'AgentContactEnded' ? talks.get(event.data.segmentId) : undefined;
      if (talk !== undefined) talk.to = at;
    }
  }
  const known = new Set<string>();
  for (const events of shifts.values()) for (const event of events) if (event.type === 'AgentOnCall' || event.type === 'AgentContactNoted') known.add(event.data.segmentId);
  const found = [...talks].filter(([segmentId]) => !known.has(segmentId)).map(([segmentId, { agentId, callId }]) => `contact ${segmentId} of ${agentId} with call ${callId} is not in the shift`);
  const byAgent = [...talks.values()].sort((a, b) => (a.agentId === b.agentId ? a.from - b.from : a.agentId < b.agentId ? -1 : 1));
  byAgent.forEach((talk, index) => {
    const next = byAgent[index + 1];
    if (next?.agentId === talk.agentId && next.from < talk.to - (next.nodeId === talk.nodeId ? 0 : apartMs)) found.push(`${talk.agentId} talks in ${next.callId} from ${next.from} on, and in ${talk.callId} until ${talk.to}`);
  });
  return found;
};
