import type { CallOverflow } from '../contract/call-events.js';

/** What a queue makes of a caller who enters it now. */
export interface QueueEntrance {
  readonly priority: number;
  readonly answer: 'on-entry' | 'by-agent';
  /** Longest wait, ms; null: for ever. */
  readonly maxWaitMs: number | null;
  readonly overflow: CallOverflow;
  /** Null: the node's music. */
  readonly music: string | null;
}

export interface QueueEntrances {
  /** Throws DomainError: `queue-not-found` (404) for a queue that is not there or another tenant's, `queue-retired` and `queue-full` (409). */
  enter(tenantId: string, queueId: string): Promise<QueueEntrance>;
}

export const QUEUE_ENTRANCES = Symbol('QueueEntrances');
