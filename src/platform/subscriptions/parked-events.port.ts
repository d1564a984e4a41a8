/** An event that could not be handled, or that comes after such a one and has to wait for it. */
export interface ParkedEvent {
  /** The process or projection that could not handle it. */
  readonly runner: string;
  /** What is held up: a process's lane; a projection's rows have none. */
  readonly lane: string;
  readonly position: bigint;
  readonly stream: string;
  readonly revision: bigint;
  readonly eventId: string;
  readonly eventType: string;
  /** What went wrong; empty for an event that only waits for one before it. */
  readonly error: string;
  /** ISO 8601 UTC. */
  readonly parkedAt: string;
}

/**
 * Events set aside so that everything else goes on. An operator has two verbs: `retry`, after the cause
 * was removed, and `skip` with a reason, which is recorded; both let the lane go on where it runs.
 */
export interface ParkedEvents {
  /** An event that is parked already stays so; its error is replaced by a new one that is not empty. */
  park(events: readonly ParkedEvent[]): Promise<void>;
  /** Those that wait, in log order; of one runner or of all. */
  waiting(runner?: string): Promise<ParkedEvent[]>;
  /** Asks for another attempt at all that waits in a lane; returns how many. */
  retry(runner: string, lane: string): Promise<number>;
  /** Gives up one event for good; what waits behind it is tried. False when it does not wait. */
  skip(runner: string, position: bigint, reason: string, by: string): Promise<boolean>;
  /** Lanes of a runner for which `retry` or `skip` was called since their last attempt. */
  asked(runner: string): Promise<string[]>;
  /** The lane was tried up to here: nothing is asked any more. */
  answered(runner: string, lane: string): Promise<void>;
  /** The event was handled after all. */
  handled(runner: string, position: bigint): Promise<void>;
  /** Nothing of the runner has to wait any more, because it was built anew. What was skipped stays on record. */
  clear(runner: string): Promise<void>;
}

export const PARKED_EVENTS = Symbol('ParkedEvents');
