import { engagementOf, type ShiftState } from '../agents/domain/agent-shift.state.js';
import type { QueueSettings } from '../queues/domain/queue.events.js';
import { type AgentView, byIdleTime, byTurn, type Caller, type Candidate, type MatchView, type QueueDirectory, type QueueFigures, type QueueView } from './routing-view.js';
import { SortedList } from './sorted-list.js';

const doingOf = (shift: ShiftState): string => {
  const engagement = engagementOf(shift);
  return engagement === 'idle' ? shift.presence : engagement;
};

interface Queue extends QueueView {
  settings: QueueSettings;
  retired: boolean;
  readonly members: Map<string, { readonly level: number; readonly position: number }>;
  /** Everybody in the queue, offered or not. */
  length: number;
}

/**
 * Queues, callers and agents, kept in the order in which they are matched: a change touches the lists
 * that it concerns and nothing else. What is held is in this process only: offers on their way.
 */
export class RoutingIndex implements MatchView, QueueDirectory {
  readonly queues = new Map<string, Queue>();
  readonly callers = new Map<string, Caller>();
  readonly agents = new Map<string, AgentView>();
  readonly nodesInGap = new Set<string>();
  private readonly segmentsOfCall = new Map<string, Set<string>>();
  private readonly both = new Set<Queue>();
  private readonly listed = new Map<string, { readonly queue: Queue; readonly candidate: Candidate }[]>();
  private readonly expected = new Map<string, string>();
  /** How many are expected in each queue. */
  private readonly expectedIn = new Map<string, number>();
  private readonly holds = new Map<string, { readonly segmentId: string | null; agentId: string | null }>();
  private readonly heldSegments = new Map<string, number>();
  private readonly heldAgents = new Map<string, number>();

  matchable(): Iterable<QueueView> {
    return this.both;
  }

  queueOf(queueId: string): ReturnType<QueueDirectory['queueOf']> {
    const queue = this.queues.get(queueId);
    if (queue === undefined) return undefined;
    return { tenantId: queue.tenantId, settings: queue.settings, retired: queue.retired, waiting: queue.length + (this.expectedIn.get(queueId) ?? 0) };
  }

  figures(): QueueFigures[] {
    const longest = new Map<string, string>();
    for (const { queueId, waitingSince } of this.callers.values()) {
      const known = longest.get(queueId);
      if (known === undefined || waitingSince < known) longest.set(queueId, waitingSince);
    }
    const doing = new Map<string, string>();
    for (const { agentId, shift } of this.agents.values()) if (shift !== null) doing.set(agentId, doingOf(shift));
    return [...this.queues.values()].filter(({ retired, length }) => !retired || length > 0).map(({ queueId, tenantId, length, members }) => {
      const agents = new Map<string, number>();
      for (const agentId of members.keys()) {
        const what = doing.get(agentId);
        if (what !== undefined) agents.set(what, (agents.get(what) ?? 0) + 1);
      }
      return { queueId, tenantId, callers: length, longestSince: longest.get(queueId), agents };
    });
  }

  putQueue(queueId: string, tenantId: string, settings: QueueSettings): void {
    const known = this.queues.get(queueId);
    if (known !== undefined) {
      known.settings = settings;
      return;
    }
    const queue: Queue = { queueId, tenantId, settings, retired: false, members: new Map(), waiting: new SortedList(byTurn), ready: new SortedList(byIdleTime), length: 0 };
    this.queues.set(queueId, queue);
  }

  join(queueId: string, agentId: string, level: number, position: number): void {
    const queue = this.queues.get(queueId);
    if (queue === undefined) return;
    queue.members.set(agentId, { level, position });
    this.agent(agentId).queues.add(queueId);
    this.refreshAgent(agentId);
  }

  leave(queueId: string, agentId: string): void {
    this.queues.get(queueId)?.members.delete(agentId);
    this.agents.get(agentId)?.queues.delete(queueId);
    this.refreshAgent(agentId);
  }

  /** The agent, known from now on. */
  agent(agentId: string): AgentView {
    let agent = this.agents.get(agentId);
    if (agent === undefined) {
      agent = { agentId, tenantId: '', queues: new Set(), shift: null, pledgedTo: null };
      this.agents.set(agentId, agent);
    }
    return agent;
  }

  putCaller(caller: Caller): void {
    this.removeCaller(caller.segmentId);
    this.unexpect(caller.callId);
    this.callers.set(caller.segmentId, caller);
    const segments = this.segmentsOfCall.get(caller.callId) ?? new Set();
    this.segmentsOfCall.set(caller.callId, segments.add(caller.segmentId));
    const queue = this.queues.get(caller.queueId);
    if (queue !== undefined) queue.length += 1;
    this.listCaller(caller);
  }

  /** What `look` sees while this caller waits, who is in no queue before and after. */
  withCaller<T>(caller: Caller, look: () => T): T {
    this.listCaller(caller);
    try {
      return look();
    } finally {
      this.unlistCaller(caller);
    }
  }

  /** Replaces what changed about a caller who stays in place. */
  changeCaller(segmentId: string, change: Pick<Caller, 'openOfferId'>): void {
    const caller = this.callers.get(segmentId);
    if (caller === undefined) return;
    this.unlistCaller(caller);
    const changed = { ...caller, ...change };
    this.callers.set(segmentId, changed);
    this.listCaller(changed);
  }

  removeCaller(segmentId: string): Caller | undefined {
    const caller = this.callers.get(segmentId);
    if (caller === undefined) return undefined;
    this.unlistCaller(caller);
    this.callers.delete(segmentId);
    const segments = this.segmentsOfCall.get(caller.callId);
    segments?.delete(segmentId);
    if (segments?.size === 0) this.segmentsOfCall.delete(caller.callId);
    const queue = this.queues.get(caller.queueId);
    if (queue !== undefined) queue.length -= 1;
    return caller;
  }

  callEnded(callId: string): void {
    this.unexpect(callId);
    for (const segmentId of [...(this.segmentsOfCall.get(callId) ?? [])]) this.removeCaller(segmentId);
  }

  setGap(nodeId: string, open: boolean): void {
    if (open === this.nodesInGap.has(nodeId)) return;
    const callers = [...this.callers.values()].filter((caller) => caller.nodeId === nodeId);
    for (const caller of callers) this.unlistCaller(caller);
    if (open) this.nodesInGap.add(nodeId);
    else this.nodesInGap.delete(nodeId);
    for (const caller of callers) this.listCaller(caller);
  }

  /** A caller who is about to enter counts from now on; until entering, or the end of the call. */
  expect(callId: string, queueId: string): void {
    this.unexpect(callId);
    this.expected.set(callId, queueId);
    this.expectedIn.set(queueId, (this.expectedIn.get(queueId) ?? 0) + 1);
  }

  unexpect(callId: string): void {
    const queueId = this.expected.get(callId);
    if (queueId === undefined) return;
    this.expected.delete(callId);
    const left = (this.expectedIn.get(queueId) ?? 1) - 1;
    if (left === 0) this.expectedIn.delete(queueId);
    else this.expectedIn.set(queueId, left);
  }

  /** Keeps a caller and an agent (or one of them) out of matching under a name, until `unhold`. */
  hold(name: string, segmentId: string | null, agentId: string | null): void {
    this.holds.set(name, { segmentId, agentId });
    if (segmentId !== null) this.countHold(this.heldSegments, segmentId, 1, () => this.relistCaller(segmentId));
    if (agentId !== null) this.countHold(this.heldAgents, agentId, 1, () => this.refreshAgent(agentId));
  }

  /** Lets only the agent of a hold go. */
  unholdAgent(name: string): void {
    const held = this.holds.get(name);
    const agentId = held?.agentId;
    if (held === undefined || agentId == null) return;
    held.agentId = null;
    this.countHold(this.heldAgents, agentId, -1, () => this.refreshAgent(agentId));
  }

  unhold(name: string): void {
    this.unholdAgent(name);
    const segmentId = this.holds.get(name)?.segmentId;
    this.holds.delete(name);
    if (segmentId != null) this.countHold(this.heldSegments, segmentId, -1, () => this.relistCaller(segmentId));
  }

  /** To be called after anything about an agent changed. */
  refreshAgent(agentId: string): void {
    for (const { queue, candidate } of this.listed.get(agentId) ?? []) {
      queue.ready.delete(candidate);
      this.noteBoth(queue);
    }
    this.listed.delete(agentId);
    const agent = this.agents.get(agentId);
    if (agent === undefined) return;
    const { shift } = agent;
    if (shift === null) return;
    if (shift.presence !== 'available' || engagementOf(shift) !== 'idle' || shift.queued !== null || agent.pledgedTo !== null || this.heldAgents.has(agentId)) return;
    const { idleSince, readyAt, shiftId } = shift;
    const entries: { queue: Queue; candidate: Candidate }[] = [];
    for (const queueId of agent.queues) {
      const queue = this.queues.get(queueId);
      const member = queue?.members.get(agentId);
      if (queue === undefined || member === undefined || queue.tenantId !== agent.tenantId) continue;
      const candidate: Candidate = { agentId, ...member, idleSince, readyAt, shiftId };
      queue.ready.add(candidate);
      entries.push({ queue, candidate });
      this.noteBoth(queue);
    }
    this.listed.set(agentId, entries);
  }

  private relistCaller(segmentId: string): void {
    const caller = this.callers.get(segmentId);
    if (caller === undefined) return;
    this.unlistCaller(caller);
    this.listCaller(caller);
  }

  private listCaller(caller: Caller): void {
    const queue = this.queues.get(caller.queueId);
    if (queue === undefined || queue.tenantId !== caller.tenantId || caller.openOfferId !== null) return;
    if (this.heldSegments.has(caller.segmentId) || this.nodesInGap.has(caller.nodeId)) return;
    queue.waiting.add(caller);
    this.noteBoth(queue);
  }

  private unlistCaller(caller: Caller): void {
    const queue = this.queues.get(caller.queueId);
    if (queue === undefined) return;
    queue.waiting.delete(caller);
    this.noteBoth(queue);
  }

  private noteBoth(queue: Queue): void {
    if (queue.waiting.size > 0 && queue.ready.size > 0) this.both.add(queue);
    else this.both.delete(queue);
  }

  private countHold(counts: Map<string, number>, id: string, by: 1 | -1, changed: () => void): void {
    const count = (counts.get(id) ?? 0) + by;
    if (count > 0) counts.set(id, count);
    else counts.delete(id);
    changed();
  }
}
