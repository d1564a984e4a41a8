/** What became of a call, in one word. */
export const DISPOSITIONS = ['answered', 'abandoned', 'timed-out', 'stranded', 'busy', 'no-answer', 'cancelled', 'rejected', 'failed', 'completed', 'merged'] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

const OF_CAUSE: Readonly<Record<string, Disposition>> = {
  MOVED: 'merged',
  USER_BUSY: 'busy',
  NO_ANSWER: 'no-answer',
  NO_USER_RESPONSE: 'no-answer',
  ALLOTTED_TIMEOUT: 'no-answer',
  ORIGINATOR_CANCEL: 'cancelled',
  CALL_REJECTED: 'rejected',
  UNALLOCATED_NUMBER: 'rejected',
};

export interface Outcome {
  /** Contacts with an agent, and bridges of any two legs. */
  readonly contacts: number;
  readonly bridges: number;
  /** A leg that the switch had sent to its fallback. */
  readonly toFallback: boolean;
  /** Why the call left its last queue; null where it was in none. */
  readonly lastDequeue: string | null;
  readonly answered: boolean;
  readonly cause: string;
}

/**
 * answered: an agent or another party spoke with the caller. abandoned: the caller hung up in the
 * queue. timed-out: the queue's maximum wait was over and the switch hung up; a caller who did so
 * themselves in that moment abandoned. stranded: nobody drove the call in time, and the switch sent the
 * caller to its fallback, whatever became of them there. completed: the switch answered and nobody else was
 * needed (an announcement, a menu). The rest follows from the cause.
 */
export const dispositionOf = ({ contacts, bridges, toFallback, lastDequeue, answered, cause }: Outcome): Disposition => {
  if (cause === 'MOVED') return 'merged';
  if (contacts > 0) return 'answered';
  if (toFallback) return 'stranded';
  if (bridges > 0) return 'answered';
  if (lastDequeue === 'abandoned') return 'abandoned';
  if (lastDequeue === 'max-wait') return 'timed-out';
  if (lastDequeue === 'queue-full' || lastDequeue === 'no-agents') return 'rejected';
  if (answered && (lastDequeue === null || lastDequeue === 'transferred')) return 'completed';
  return OF_CAUSE[cause] ?? 'failed';
};
