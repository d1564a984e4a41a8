import { isoTime, msOf } from '../../kernel/clock.js';
import type { Overflow, QueueSettings } from '../queues/domain/queue.events.js';
import type { QueueDirectory } from './routing-view.js';

/** Why a queue did not take a caller. */
export type Turned = 'queue-not-found' | 'queue-retired' | 'queue-full' | 'overflow-loop';

export interface AdmissionRequest {
  readonly tenantId: string;
  readonly queueId: string;
  /** Now, ISO 8601 UTC. */
  readonly at: string;
  /** Queues that the caller overflowed from: none of them takes the caller again. */
  readonly visited?: readonly string[];
}

export type Admission =
  | {
      readonly kind: 'enqueue';
      readonly queueId: string;
      readonly priority: number;
      readonly maxWaitAt: string | null;
      readonly answer: QueueSettings['answer'];
      /** What happens at `maxWaitAt`. */
      readonly overflow: Overflow;
      /** Null: the node's music. */
      readonly music: string | null;
      /** Queues that did not take the caller, in order. */
      readonly turnedBy: readonly { readonly queueId: string; readonly why: Turned }[];
    }
  | {
      readonly kind: 'refuse';
      readonly queueId: string;
      readonly why: Turned;
      /** Cause to hang up with, as FreeSWITCH writes it. */
      readonly cause: string;
      readonly turnedBy: readonly { readonly queueId: string; readonly why: Turned }[];
    };

const CAUSES: Readonly<Record<Turned, string>> = {
  'queue-not-found': 'UNALLOCATED_NUMBER',
  'queue-retired': 'NUMBER_CHANGED',
  'queue-full': 'USER_BUSY',
  'overflow-loop': 'USER_BUSY',
};

/**
 * Which queue takes a caller, purely: the one asked for, or, where that is full or retired, the one it
 * overflows to, and so on. A queue is asked once, so that a circle of overflows ends.
 */
export const decideAdmission = (queues: QueueDirectory, request: AdmissionRequest): Admission => {
  const turnedBy: { queueId: string; why: Turned }[] = [];
  const asked = new Set(request.visited ?? []);
  let queueId = request.queueId;
  for (;;) {
    const queue = queues.queueOf(queueId);
    const why = asked.has(queueId) ? 'overflow-loop' : turnedAway(queue, request.tenantId);
    if (why === undefined && queue !== undefined) {
      const { priority, maxWaitMs, answer, overflow, music } = queue.settings;
      const maxWaitAt = maxWaitMs === null ? null : isoTime(msOf(request.at) + maxWaitMs);
      return { kind: 'enqueue', queueId, priority, maxWaitAt, answer, overflow, music, turnedBy };
    }
    const reason = why ?? 'queue-not-found';
    turnedBy.push({ queueId, why: reason });
    asked.add(queueId);
    const overflow = reason === 'queue-full' || reason === 'queue-retired' ? queue?.settings.overflow : undefined;
    if (overflow?.kind !== 'queue') {
      // A circle tells of the queue that was full, not of where it was noticed.
      const first = turnedBy[0] ?? { queueId, why: reason };
      return { kind: 'refuse', queueId: first.queueId, why: first.why, cause: CAUSES[first.why], turnedBy };
    }
    queueId = overflow.queueId;
  }
};

const turnedAway = (queue: ReturnType<QueueDirectory['queueOf']>, tenantId: string): Turned | undefined => {
  // Another tenant's queue is none.
  if (queue === undefined || queue.tenantId !== tenantId) return 'queue-not-found';
  if (queue.retired) return 'queue-retired';
  return queue.settings.maxLength !== null && queue.waiting >= queue.settings.maxLength ? 'queue-full' : undefined;
};
