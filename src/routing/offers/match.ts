import { msOf } from '../../kernel/clock.js';
import type { BackOff } from '../agents/domain/agent-shift.events.js';
import { byTurn, type Caller, type Candidate, keyOf, type MatchView, type QueueView } from './routing-view.js';

/** Who is to be offered to whom. */
export interface OfferPlan {
  readonly caller: Caller;
  readonly agentId: string;
  readonly shiftId: string;
  readonly strategy: string;
  /** First choice first, at most CANDIDATES_TOLD. */
  readonly candidates: readonly { readonly agentId: string; readonly key: string }[];
  readonly ringTimeoutMs: number;
  readonly wrapUpMs: number;
  readonly backOff: BackOff;
}

export interface Match {
  readonly offers: readonly OfferPlan[];
  /** When the next agent whom somebody waits for is ready, ms since the epoch; null: nobody will be by time alone. */
  readonly wakeAt: number | null;
}

/** An offer tells who else could have had it; of hundreds, the first ones. */
export const CANDIDATES_TOLD = 20;

interface Cursor {
  readonly queue: QueueView;
  caller: number;
  /** All candidates before this one are taken or not ready. */
  candidate: number;
}

/**
 * Pairs callers with agents, purely: callers of all queues in the order of their turn, each with the
 * first agent of their queue's order who is ready. Nobody is paired twice; a caller whose queue has
 * nobody ready holds up no other queue.
 */
export const nextOffers = (state: MatchView, nowMs: number): Match => {
  const offers: OfferPlan[] = [];
  const taken = new Set<string>();
  let wakeAt: number | null = null;

  const isFree = (candidate: Candidate): boolean => {
    if (taken.has(candidate.agentId)) return false;
    if (candidate.readyAt === null) return true;
    const ready = msOf(candidate.readyAt);
    if (ready <= nowMs) return true;
    wakeAt = wakeAt === null ? ready : Math.min(wakeAt, ready);
    return false;
  };

  const cursors: Cursor[] = [...state.matchable()].map((queue) => ({ queue, caller: 0, candidate: 0 }));
  while (cursors.length > 0) {
    const next = firstOf(cursors);
    const cursor = cursors[next]!;
    const { queue } = cursor;
    const caller = queue.waiting.at(cursor.caller);
    let chosen = queue.ready.at(cursor.candidate);
    while (chosen !== undefined && !isFree(chosen)) chosen = queue.ready.at((cursor.candidate += 1));
    if (caller === undefined || chosen === undefined) {
      cursors.splice(next, 1);
      continue;
    }
    offers.push(planOf(queue, caller, chosen, candidatesFrom(queue, cursor.candidate, isFree)));
    taken.add(chosen.agentId);
    cursor.caller += 1;
    if (cursor.caller >= queue.waiting.size) cursors.splice(next, 1);
  }
  return { offers, wakeAt };
};

/** Index of the queue whose next caller has the turn. */
const firstOf = (cursors: readonly Cursor[]): number => {
  let first = 0;
  for (let i = 1; i < cursors.length; i += 1) {
    const a = cursors[i]!.queue.waiting.at(cursors[i]!.caller);
    const b = cursors[first]!.queue.waiting.at(cursors[first]!.caller);
    if (a !== undefined && (b === undefined || byTurn(a, b) < 0)) first = i;
  }
  return first;
};

const candidatesFrom = (queue: QueueView, from: number, isFree: (candidate: Candidate) => boolean): Candidate[] => {
  const found: Candidate[] = [];
  for (let i = from; i < queue.ready.size && found.length < CANDIDATES_TOLD; i += 1) {
    const candidate = queue.ready.at(i)!;
    if (isFree(candidate)) found.push(candidate);
  }
  return found;
};

const planOf = ({ settings }: QueueView, caller: Caller, { agentId, shiftId }: Candidate, candidates: readonly Candidate[]): OfferPlan => ({
  caller,
  agentId,
  shiftId,
  strategy: settings.strategy,
  candidates: candidates.map((candidate) => ({ agentId: candidate.agentId, key: keyOf(candidate) })),
  ringTimeoutMs: settings.ringTimeoutMs,
  wrapUpMs: settings.wrapUpMs,
  backOff: { noAnswerDelayMs: settings.noAnswerDelayMs, rejectDelayMs: settings.rejectDelayMs, maxNoAnswer: settings.maxNoAnswer },
});
