import type { Json, Recorded, RecordedEvent } from '../../kernel/event.js';
import { idOf } from '../../kernel/streams.js';
import type { LiveFold } from '../../platform/subscriptions/live-fold.js';
import type { CallEvent } from '../../telephony/contract/call-events.js';
import type { MediaNodeEvent } from '../../telephony/contract/configuration-events.js';
import { agentShiftEventSpecs, type AgentShiftEvent } from '../agents/domain/agent-shift.events.js';
import { evolveShift, initialShift, type ShiftState } from '../agents/domain/agent-shift.state.js';
import { queueEventSpecs, type QueueEvent, type QueueSettings } from '../queues/domain/queue.events.js';
import { RoutingIndex } from './routing-index.js';
import type { Caller, MatchView, QueueDirectory, QueueFigures, QueueView, Transit } from './routing-view.js';

type CallTypes = 'CallStarted' | 'CallEnqueued' | 'CallDequeued' | 'OfferMade' | 'OfferDeclined' | 'OfferFailed' | 'CallEnded';
type OfCall = Recorded<Extract<CallEvent, { type: CallTypes }>>;
type OfNode = Recorded<Extract<MediaNodeEvent, { type: 'MediaNodeGapOpened' | 'MediaNodeGapClosed' }>>;
type Folded = OfCall | OfNode | Recorded<QueueEvent> | Recorded<AgentShiftEvent>;

const CALL_TYPES: Readonly<Record<CallTypes | OfNode['type'], true>> = {
  CallStarted: true, CallEnqueued: true, CallDequeued: true, OfferMade: true, OfferDeclined: true, OfferFailed: true, CallEnded: true, MediaNodeGapOpened: true, MediaNodeGapClosed: true,
};

interface Saved {
  readonly queues: readonly { queueId: string; tenantId: string; settings: QueueSettings; retired: boolean; members: [string, { level: number; position: number }][] }[];
  readonly agents: readonly { agentId: string; tenantId: string; shift: ShiftState | null; pledgedTo: string | null }[];
  readonly callers: readonly Caller[];
  readonly transits: readonly Transit[];
  readonly nodeOfCall: readonly [string, string][];
  readonly nodesInGap: readonly string[];
}

/**
 * What the router knows, folded from the log: queues and their members, shifts, callers who wait.
 * No personal data: where an agent's phone is, the agent directory knows.
 */
export class RouterState implements LiveFold, MatchView, QueueDirectory {
  readonly name = 'router';
  readonly version = 2;
  readonly eventTypes = [...Object.keys(queueEventSpecs), ...Object.keys(agentShiftEventSpecs), ...Object.keys(CALL_TYPES)];
  private readonly index = new RoutingIndex();
  private readonly nodeOfCall = new Map<string, string>();
  private readonly transitsByCall = new Map<string, Transit>();

  matchable(): Iterable<QueueView> {
    return this.index.matchable();
  }

  queueOf(queueId: string): ReturnType<QueueDirectory['queueOf']> {
    return this.index.queueOf(queueId);
  }

  /** Callers on their way from one queue to another. */
  transits(): Iterable<Transit> {
    return this.transitsByCall.values();
  }

  /** The agent's open shift as the log tells it. */
  shiftOf(agentId: string): ShiftState | undefined {
    return this.index.agents.get(agentId)?.shift ?? undefined;
  }

  callerOf(segmentId: string): Caller | undefined {
    return this.index.callers.get(segmentId);
  }

  /** Every queue as it is now. */
  figures(): QueueFigures[] {
    return this.index.figures();
  }

  /** Counts a caller as waiting before the log says so, so that a burst does not overfill a queue. Ends with the entry or the call. */
  expectCaller(callId: string, queueId: string): void {
    this.index.expect(callId, queueId);
  }

  /** The expected caller was not enqueued after all. */
  unexpectCaller(callId: string): void {
    this.index.unexpect(callId);
  }

  /** What `look` sees while this caller counts as one who waits. */
  withEntering<T>(caller: Caller, look: () => T): T {
    return this.index.withCaller(caller, look);
  }

  /** An offer is on its way to its call: neither side is matched until `OfferMade` is folded or `unhold`. */
  hold(offerId: string, segmentId: string | null, agentId: string | null): void {
    this.index.hold(offerId, segmentId, agentId);
  }

  unholdAgent(offerId: string): void {
    this.index.unholdAgent(offerId);
  }

  unhold(offerId: string): void {
    this.index.unhold(offerId);
  }

  apply(recorded: RecordedEvent): void {
    const event = recorded as Folded;
    if (event.stream.startsWith('agentShift-')) this.applyShift(recorded as Recorded<AgentShiftEvent>);
    else if (event.stream.startsWith('queue-')) this.applyQueue(recorded as Recorded<QueueEvent>);
    else if (event.type === 'MediaNodeGapOpened' || event.type === 'MediaNodeGapClosed') this.index.setGap(event.data.nodeId, event.type === 'MediaNodeGapOpened');
    else this.applyCall(recorded as OfCall);
  }

  private applyShift(event: Recorded<AgentShiftEvent>): void {
    const agent = this.index.agent(event.data.agentId);
    if (event.type === 'AgentSignedIn') agent.tenantId = event.metadata.tenantId;
    else if (agent.shift?.shiftId !== event.data.shiftId) return;
    const before = event.type === 'AgentSignedIn' ? initialShift : (agent.shift ?? initialShift);
    const shift = evolveShift(before, { type: event.type, data: event.data, occurredAt: event.metadata.occurredAt } as AgentShiftEvent & { readonly occurredAt: string });
    agent.shift = shift.status === 'open' ? shift : null;
    if (event.type === 'AgentReserved' && agent.pledgedTo === event.data.offerId) agent.pledgedTo = null;
    this.index.refreshAgent(agent.agentId);
  }

  private applyQueue(event: Recorded<QueueEvent>): void {
    const { queueId } = event.data;
    switch (event.type) {
      case 'QueueCreated':
      case 'QueueConfigured':
        this.index.putQueue(queueId, event.metadata.tenantId, event.data.settings);
        return;
      case 'QueueRetired': {
        const queue = this.index.queues.get(queueId);
        if (queue !== undefined) queue.retired = true;
        return;
      }
      case 'AgentJoinedQueue':
        this.index.join(queueId, event.data.agentId, event.data.level, event.data.position);
        return;
      case 'AgentLeftQueue':
        this.index.leave(queueId, event.data.agentId);
        return;
      default:
        event satisfies never;
    }
  }

  private applyCall(event: OfCall): void {
    const callId = idOf(event.stream);
    switch (event.type) {
      case 'CallStarted':
        this.nodeOfCall.set(callId, event.data.nodeId);
        return;
      case 'CallEnqueued': {
        const { segmentId, legId, queueId, priority, waitingSince, previousSegmentId } = event.data;
        const from = this.transitsByCall.get(callId)?.caller;
        const visited = from !== undefined && from.segmentId === previousSegmentId ? [...from.visited, queueId] : [queueId];
        this.transitsByCall.delete(callId);
        this.index.putCaller({
          segmentId, callId, legId, queueId, priority, waitingSince, visited,
          tenantId: event.metadata.tenantId,
          nodeId: this.nodeOfCall.get(callId) ?? '',
          order: Number(event.position),
          enteredBy: event.id,
          openOfferId: null,
        });
        return;
      }
      case 'CallDequeued': {
        const caller = this.index.removeCaller(event.data.segmentId);
        const { overflowQueueId } = event.data;
        if (caller !== undefined && overflowQueueId !== null) this.transitsByCall.set(callId, { caller, toQueueId: overflowQueueId });
        return;
      }
      case 'OfferMade': {
        const { offerId, segmentId, agentId } = event.data;
        this.index.agent(agentId).pledgedTo = offerId;
        this.index.refreshAgent(agentId);
        this.index.changeCaller(segmentId, { openOfferId: offerId });
        this.index.unhold(offerId);
        return;
      }
      case 'OfferDeclined':
      case 'OfferFailed': {
        const { offerId, segmentId, agentId } = event.data;
        const agent = this.index.agent(agentId);
        if (agent.pledgedTo === offerId) {
          agent.pledgedTo = null;
          this.index.refreshAgent(agentId);
        }
        if (this.index.callers.get(segmentId)?.openOfferId === offerId) this.index.changeCaller(segmentId, { openOfferId: null });
        return;
      }
      case 'CallEnded':
        this.nodeOfCall.delete(callId);
        this.transitsByCall.delete(callId);
        this.index.callEnded(callId);
        return;
      default:
        event satisfies never;
    }
  }

  snapshot(): Json {
    const saved: Saved = {
      queues: [...this.index.queues.values()].map(({ queueId, tenantId, settings, retired, members }) => ({ queueId, tenantId, settings, retired, members: [...members] })),
      agents: [...this.index.agents.values()].filter(({ shift, pledgedTo }) => shift !== null || pledgedTo !== null).map(({ agentId, tenantId, shift, pledgedTo }) => ({ agentId, tenantId, shift, pledgedTo })),
      callers: [...this.index.callers.values()],
      transits: [...this.transitsByCall.values()],
      nodeOfCall: [...this.nodeOfCall],
      nodesInGap: [...this.index.nodesInGap],
    };
    // Lists of its own; what is in them is never changed, only replaced.
    return saved as unknown as Json;
  }

  restore(state: Json): void {
    const saved = state as unknown as Saved;
    for (const nodeId of saved.nodesInGap) this.index.setGap(nodeId, true);
    for (const { queueId, tenantId, settings, retired, members } of saved.queues) {
      this.index.putQueue(queueId, tenantId, settings);
      const queue = this.index.queues.get(queueId);
      if (queue !== undefined) queue.retired = retired;
      for (const [agentId, { level, position }] of members) this.index.join(queueId, agentId, level, position);
    }
    for (const { agentId, ...rest } of saved.agents) {
      Object.assign(this.index.agent(agentId), rest);
      this.index.refreshAgent(agentId);
    }
    for (const caller of saved.callers) this.index.putCaller(caller);
    for (const transit of saved.transits) this.transitsByCall.set(transit.caller.callId, transit);
    for (const [callId, nodeId] of saved.nodeOfCall) this.nodeOfCall.set(callId, nodeId);
  }
}
