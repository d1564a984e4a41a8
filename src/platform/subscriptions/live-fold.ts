import type { Json, RecordedEvent } from '../../kernel/event.js';

/**
 * State that a process keeps in memory, folded from the log: the router's view of queues and agents,
 * the directory of numbers, the legs of live calls. It is rebuilt at start from its last snapshot and
 * the events after it, and follows the reader from then on. `apply` must not throw and must
 * tolerate `[erased]` values.
 *
 * `snapshot` has no personal data in it; what only the plaintext gives is kept out or left to the log.
 */
export interface LiveFold {
  readonly name: string;
  readonly version: number;
  readonly eventTypes: readonly string[];
  apply(event: RecordedEvent): void;
  snapshot(): Json;
  restore(state: Json): void;
}
