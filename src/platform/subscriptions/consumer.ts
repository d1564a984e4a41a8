import type { RecordedEvent } from '../../kernel/event.js';

/**
 * Who follows the log through the Reader. Gets every event of its types after `after` exactly once, in
 * log order, for as long as it is not restarted; never two calls of `handle` at a time.
 */
export interface Consumer {
  readonly name: string;
  readonly eventTypes: readonly string[] | 'all';
  /** Position of the last event that it has handled already; 0n: from the beginning. */
  readonly after: bigint;
  /** Most events per call of `handle`. Default 500. */
  readonly maxBatch?: number;
  /**
   * Least time from the end of one call of `handle` to the next while it follows the feed, ms: what comes
   * meanwhile is handled together. A full batch, and anybody who waits for a position, ends the pause.
   * Default 0.
   */
  readonly pauseMs?: number;
  /** See Decoding: how it is given what it reads by itself while it catches up. */
  readonly personal?: 'opened' | 'sealed';
  /**
   * `upTo`: all up to this position is in `events`, in earlier calls, or of no interest, so that a
   * checkpoint may move there; `events` may be empty. It is called in the same tick in which an idle
   * consumer is offered something. What it throws ends the consumer with an alarm, except RestartFrom:
   * whatever can pass is its own business to repeat.
   */
  handle(events: readonly RecordedEvent[], upTo: bigint): Promise<void>;
}

/** Thrown by `handle`: forget what is queued and go on after this position. */
export class RestartFrom extends Error {
  override readonly name = 'RestartFrom';
  constructor(readonly position: bigint) {
    super(`go on after position ${position}`);
  }
}

/**
 * `live`: follows the feed that all share. `catching-up`: reads by itself. `failed`: its handler threw,
 * and nothing more is delivered to it.
 */
export type ConsumerMode = 'live' | 'catching-up' | 'failed' | 'stopped';

export interface ConsumerStatus {
  readonly name: string;
  readonly mode: ConsumerMode;
  /** All up to here is handled. */
  readonly position: bigint;
  /** Position of the newest event that the reader has seen. */
  readonly head: bigint;
  readonly queued: number;
  /** Most that wait before it has to read by itself. */
  readonly maxQueued: number;
  /** Milliseconds between the recording of the oldest event that is not handled, as far as it is known here, and now; 0 when all is handled. */
  readonly lagMs: number;
}
