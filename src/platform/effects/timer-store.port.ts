import type { LeaseToken } from '../subscriptions/leases.port.js';
import type { TimerCommand } from './timers.js';

/** A timer as it is kept: what it will do, when, and because of what. */
export interface StoredTimer {
  readonly key: string;
  /** Name of the rule that set it. */
  readonly rule: string;
  /** ISO 8601 UTC. */
  readonly dueAt: string;
  readonly tenantId: string;
  readonly correlationId: string;
  /** Id of the event that set it. */
  readonly causationId: string;
  readonly command: TimerCommand;
}

export interface TimerChanges {
  readonly set: readonly StoredTimer[];
  readonly gone: readonly string[];
}

export interface KeptTimers {
  readonly position: bigint;
  readonly logId: string;
  readonly timers: readonly StoredTimer[];
}

/** Timers of a runner with the position up to which the log is folded into them. */
export interface TimerStore {
  load(runner: string): Promise<KeptTimers | undefined>;
  /** Changes and position in one transaction. Throws LeaseLost where somebody else holds the lease: nothing is written then. */
  save(runner: string, changes: TimerChanges, checkpoint: { readonly position: bigint; readonly logId: string }, lease?: LeaseToken): Promise<void>;
}

export const TIMER_STORE = Symbol('TimerStore');
