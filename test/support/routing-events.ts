import type { DomainEvent, RecordedEvent } from '../../src/kernel/event.js';
import type { AgentShiftEvent } from '../../src/routing/agents/domain/agent-shift.events.js';
import { RouterState } from '../../src/routing/offers/router-state.js';
import type { QueueEvent, QueueSettings } from '../../src/routing/queues/domain/queue.events.js';
import type { CallEvent } from '../../src/telephony/contract/call-events.js';
import type { MediaNodeEvent } from '../../src/telephony/contract/configuration-events.js';
import { inSeconds, NOW } from './decider-spec.js';

export const queueSettings: QueueSettings = {
  name: 'Sales',
  strategy: 'longest-idle-agent',
  answer: 'on-entry',
  music: null,
  priority: 5,
  maxWaitMs: 300_000,
  maxLength: 50,
  overflow: { kind: 'hang-up' },
  ringTimeoutMs: 20_000,
  noAnswerDelayMs: 30_000,
  rejectDelayMs: 10_000,
  maxNoAnswer: 3,
  wrapUpMs: 30_000,
  serviceLevelSeconds: 20,
  shortAbandonSeconds: 5,
};

type DataOf<E extends DomainEvent, T extends E['type']> = Extract<E, { type: T }>['data'];
type ShiftData<T extends AgentShiftEvent['type']> = Omit<DataOf<AgentShiftEvent, T>, 'agentId' | 'shiftId'>;

interface Known {
  shift: 'out' | 'available' | 'busy';
  idleSince: string;
  pledge: string | null;
  readonly queues: Map<string, { level: number; position: number }>;
}

/**
 * Writes a history of routing, event by event, and keeps beside it the plainest possible account of
 * who can be matched, against which the router's index is checked. Times are seconds from NOW.
 */
export class RoutingLog {
  readonly events: RecordedEvent[] = [];
  private tenantId = 'acme';
  private readonly agents = new Map<string, Known>();
  private readonly queues: string[] = [];
  private readonly callers = new Map<string, { queueId: string; node: string; priority: number; since: string; order: number; offer: string | null }>();
  private readonly gaps = new Set<string>();
  private readonly shifts = new Map<string, number>();

  of(tenantId: string): this {
    this.tenantId = tenantId;
    return this;
  }

  queue(queueId: string, settings: Partial<QueueSettings> = {}): this {
    this.queues.push(queueId);
    return this.add<QueueEvent, 'QueueCreated'>(`queue-${queueId}`, 'QueueCreated', { queueId, settings: { ...queueSettings, ...settings } });
  }

  member(queueId: string, agentId: string, level = 1, position = 1): this {
    this.known(agentId).queues.set(queueId, { level, position });
    return this.add<QueueEvent, 'AgentJoinedQueue'>(`queue-${queueId}`, 'AgentJoinedQueue', { queueId, agentId, level, position });
  }

  left(queueId: string, agentId: string): this {
    this.known(agentId).queues.delete(queueId);
    return this.add<QueueEvent, 'AgentLeftQueue'>(`queue-${queueId}`, 'AgentLeftQueue', { queueId, agentId });
  }

  /** Signs the agent in anew and makes them available. */
  available(agentId: string, idleSince: number): this {
    const agent = this.known(agentId);
    const shiftNumber = (this.shifts.get(agentId) ?? 0) + 1;
    if (agent.shift !== 'out') this.shift(agentId, 'AgentSignedOut', { shiftNumber: shiftNumber - 1, signedInAt: NOW, idleSince: NOW, noAnswerCount: 0 });
    this.shifts.set(agentId, shiftNumber);
    Object.assign(agent, { shift: 'available', idleSince: inSeconds(idleSince) });
    this.shift(agentId, 'AgentSignedIn', { shiftNumber, idleSince: inSeconds(idleSince), noAnswerCount: 0 });
    return this.shift(agentId, 'AgentBecameAvailable', {});
  }

  /** The agent missed an offer and is left alone until `ready`. */
  missed(agentId: string, ready: number): this {
    if (this.known(agentId).shift !== 'available') return this;
    this.shift(agentId, 'AgentReserved', { offerId: 'missed', callId: 'm', queueId: 'q', dueAt: NOW, backOff: { noAnswerDelayMs: 0, rejectDelayMs: 0, maxNoAnswer: null } });
    return this.shift(agentId, 'AgentReleased', { offerId: 'missed', callId: 'm', reason: 'no-answer', noAnswerCount: 1, readyAt: inSeconds(ready) });
  }

  shift<T extends AgentShiftEvent['type']>(agentId: string, type: T, data: ShiftData<T>): this {
    const agent = this.known(agentId);
    if (agent.shift === 'out' && type !== 'AgentSignedIn') return this;
    if (type === 'AgentPaused') agent.shift = 'busy';
    if (type === 'AgentSignedOut') agent.shift = 'out';
    const shiftId = `${agentId}+${this.shifts.get(agentId) ?? 1}`;
    return this.add<AgentShiftEvent, T>(`agentShift-${shiftId}`, type, { agentId, shiftId, ...data } as unknown as DataOf<AgentShiftEvent, T>);
  }

  /** The call waits in the queue; a call that waits somewhere already leaves there first. */
  enqueue(callId: string, queueId: string, waitingSince: number, priority = 5): this {
    const segmentId = `s-${callId}`;
    const node = callId.length % 2 === 0 ? 'node-1' : 'node-2';
    const before = this.callers.get(segmentId);
    if (before === undefined) {
      this.add<CallEvent, 'CallStarted'>(`call-${callId}`, 'CallStarted', { callId, interactionId: callId, nodeId: node, switchSessionId: 's', direction: 'inbound', personId: 'p', numberId: null, from: '[erased]', fromName: '[erased]', to: '[erased]' });
    } else {
      this.add<CallEvent, 'CallDequeued'>(`call-${callId}`, 'CallDequeued', { segmentId, queueId: before.queueId, enqueuedAt: NOW, reason: 'transferred', agentId: null, overflowQueueId: null });
    }
    this.callers.set(segmentId, { queueId, node, priority, since: inSeconds(waitingSince), order: this.events.length + 1, offer: null });
    return this.add<CallEvent, 'CallEnqueued'>(`call-${callId}`, 'CallEnqueued', { segmentId, legId: callId, queueId, priority, waitingSince: inSeconds(waitingSince), maxWaitAt: null, answer: 'on-entry', overflow: { kind: 'hang-up' }, previousSegmentId: null });
  }

  ended(callId: string): this {
    if (!this.callers.delete(`s-${callId}`)) return this;
    return this.add<CallEvent, 'CallEnded'>(`call-${callId}`, 'CallEnded', { callId, cause: 'NORMAL_CLEARING', endedBy: 'caller', confidence: 'seen' });
  }

  offer(callId: string, offerId: string, agentId: string): this {
    const caller = this.callers.get(`s-${callId}`);
    if (caller === undefined || caller.offer !== null || [...this.callers.values()].some(({ offer }) => offer === offerId)) return this;
    caller.offer = offerId;
    this.known(agentId).pledge = offerId;
    return this.add<CallEvent, 'OfferMade'>(`call-${callId}`, 'OfferMade', {
      offerId, agentId, segmentId: `s-${callId}`, queueId: caller.queueId, shiftId: `${agentId}+1`, legId: 'l', address: '[erased]', strategy: 'longest-idle-agent', candidates: [], dueAt: NOW, ringTimeoutMs: 1, wrapUpMs: 0,
    });
  }

  declined(callId: string, offerId: string, agentId: string): this {
    const caller = this.callers.get(`s-${callId}`);
    if (caller?.offer !== offerId) return this;
    caller.offer = null;
    for (const agent of this.agents.values()) if (agent.pledge === offerId) agent.pledge = null;
    const pledged = [...this.events].reverse().find(({ type, data }) => type === 'OfferMade' && (data as { offerId: string }).offerId === offerId);
    const to = (pledged?.data as { agentId?: string } | undefined)?.agentId ?? agentId;
    return this.add<CallEvent, 'OfferDeclined'>(`call-${callId}`, 'OfferDeclined', { offerId, segmentId: `s-${callId}`, queueId: caller.queueId, agentId: to, shiftId: `${to}+1`, code: 'agent-paused' });
  }

  gap(nodeId: string, open: boolean): this {
    if (open) this.gaps.add(nodeId);
    else this.gaps.delete(nodeId);
    if (open) return this.add<MediaNodeEvent, 'MediaNodeGapOpened'>(`node-${nodeId}`, 'MediaNodeGapOpened', { nodeId, gapId: 'g', from: NOW, cause: 'connection-lost' });
    const counts = { channelsSeen: 0, legsConfirmed: 0, endsInferred: 0, callersAdmitted: 0, callsAffected: 0 };
    return this.add<MediaNodeEvent, 'MediaNodeGapClosed'>(`node-${nodeId}`, 'MediaNodeGapClosed', { nodeId, gapId: 'g', from: NOW, to: NOW, switchSessionId: 's', ...counts });
  }

  fold(): RouterState {
    const state = new RouterState();
    for (const event of this.events) state.apply(event);
    return state;
  }

  /** Who waits and who could serve, for each queue, from the plain account. */
  expectation(): [string, { waiting: string[]; ready: string[] }][] {
    return this.queues.map((queueId) => {
      const waiting = [...this.callers].filter(([, caller]) => caller.queueId === queueId && caller.offer === null && !this.gaps.has(caller.node));
      waiting.sort(([, a], [, b]) => a.priority - b.priority || Date.parse(a.since) - Date.parse(b.since) || a.order - b.order);
      const ready = [...this.agents].flatMap(([agentId, agent]) => {
        const member = agent.queues.get(queueId);
        return member !== undefined && agent.shift === 'available' && agent.pledge === null ? [{ agentId, idle: Date.parse(agent.idleSince), ...member }] : [];
      });
      ready.sort((a, b) => a.level - b.level || a.idle - b.idle || a.position - b.position || (a.agentId < b.agentId ? -1 : 1));
      return [queueId, { waiting: waiting.map(([segmentId]) => segmentId), ready: ready.map(({ agentId }) => agentId) }];
    });
  }

  private known(agentId: string): Known {
    const agent = this.agents.get(agentId) ?? { shift: 'out' as const, idleSince: NOW, pledge: null, queues: new Map() };
    this.agents.set(agentId, agent);
    return agent;
  }

  private add<E extends DomainEvent, T extends E['type']>(stream: string, type: T, data: DataOf<E, T>): this {
    const position = BigInt(this.events.length + 1);
    this.events.push({
      id: `event-${position}`,
      type,
      schemaVersion: 1,
      data,
      metadata: { tenantId: this.tenantId, occurredAt: NOW, commandId: `command-${position}`, $correlationId: stream, $causationId: 'x', actor: { kind: 'system', id: 'test' } },
      stream,
      revision: position,
      position,
      recordedAt: NOW,
    });
    return this;
  }
}
