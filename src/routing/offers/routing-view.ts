import { eventIdOf } from '../../platform/event-store/deterministic-ids.js';
import type { ShiftState } from '../agents/domain/agent-shift.state.js';
import type { QueueSettings } from '../queues/domain/queue.events.js';
import type { SortedList } from './sorted-list.js';

/** A caller in a queue. No personal data. */
export interface Caller {
  readonly segmentId: string;
  readonly callId: string;
  readonly legId: string;
  readonly tenantId: string;
  readonly nodeId: string;
  readonly queueId: string;
  readonly priority: number;
  /** ISO 8601 UTC. */
  readonly waitingSince: string;
  /** Place of the entry in the log: of two who wait equally long the first to be recorded is first. */
  readonly order: number;
  /** Id of the event by which the caller entered. */
  readonly enteredBy: string;
  /** This queue and those that the caller overflowed from. */
  readonly visited: readonly string[];
  readonly openOfferId: string | null;
}

/** A caller whom the command `commandId` is about to put into a queue: behind all who wait equally long. */
export const enteringCaller = (
  { segmentId, legId, queueId, priority, waitingSince }: Pick<Caller, 'segmentId' | 'legId' | 'queueId' | 'priority' | 'waitingSince'>,
  { commandId, ...of }: Pick<Caller, 'callId' | 'tenantId' | 'nodeId' | 'visited'> & { readonly commandId: string },
): Caller => ({ ...of, segmentId, legId, queueId, priority, waitingSince, order: Number.MAX_SAFE_INTEGER, enteredBy: eventIdOf(commandId, 0), openOfferId: null });

/** An agent as one queue sees them. */
export interface Candidate {
  readonly agentId: string;
  readonly level: number;
  readonly idleSince: string;
  readonly position: number;
  /** ISO 8601 UTC; null: at once. */
  readonly readyAt: string | null;
  readonly shiftId: string;
}

export interface QueueView {
  readonly queueId: string;
  readonly tenantId: string;
  readonly settings: QueueSettings;
  /** Callers who could be offered now, the first one first. */
  readonly waiting: SortedList<Caller>;
  /** Members who could be offered a caller, as soon as they are ready; first choice first. */
  readonly ready: SortedList<Candidate>;
}

/** What matching looks at: queues that have both somebody who waits and somebody who could serve. */
export interface MatchView {
  matchable(): Iterable<QueueView>;
}

/** What an admission looks at. */
export interface QueueDirectory {
  /** `waiting`: callers in the queue, and those who are about to enter. */
  queueOf(queueId: string): { readonly tenantId: string; readonly settings: QueueSettings; readonly retired: boolean; readonly waiting: number } | undefined;
}

/** A caller who left a queue for another one and is not there yet. */
export interface Transit {
  readonly caller: Caller;
  readonly toQueueId: string;
}

/** A queue as it is now. */
export interface QueueFigures {
  readonly queueId: string;
  readonly tenantId: string;
  /** Callers in the queue, and when the one who waits longest began to, ISO 8601 UTC. */
  readonly callers: number;
  readonly longestSince: string | undefined;
  /** Members by what they do: `available` with nothing to do, what calls make of them, or `paused`; who is signed out is left out. */
  readonly agents: ReadonlyMap<string, number>;
}

export interface AgentView {
  readonly agentId: string;
  tenantId: string;
  readonly queues: Set<string>;
  shift: ShiftState | null;
  /** Offer that the call has made and the shift has not answered yet. */
  pledgedTo: string | null;
}

const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Lower number first, then who waits longest, then who entered first. */
export const byTurn = (a: Caller, b: Caller): number => a.priority - b.priority || text(a.waitingSince, b.waitingSince) || a.order - b.order || text(a.segmentId, b.segmentId);

/** Lowest level first, then longest idle, then position. */
export const byIdleTime = (a: Candidate, b: Candidate): number => a.level - b.level || text(a.idleSince, b.idleSince) || a.position - b.position || text(a.agentId, b.agentId);

/** What ordered a candidate, as the event tells it. */
export const keyOf = ({ level, idleSince, position }: Candidate): string => `${level}/${idleSince}/${position}`;
