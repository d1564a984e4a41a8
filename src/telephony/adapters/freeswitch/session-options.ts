import type { SwitchFact } from '../../ports/switch-facts.js';
import type { EslClientOptions } from './esl-client.port.js';

export interface MediaNodeSessionOptions extends EslClientOptions {
  readonly nodeId: string;
  /** How often the switch sends HEARTBEAT (`event-heartbeat-interval`, 20 s unless set otherwise). */
  readonly heartbeatIntervalMs: number;
  /** First and longest wait before dialling again, ms; a random part of up to a half is taken off. */
  readonly redialMs: { readonly first: number; readonly longest: number };
  /** Memory for facts that wait for the listener, bytes; beyond it a gap is opened. */
  readonly maxWaitingBytes: number;
}

export const SESSION_DEFAULTS = {
  connectTimeoutMs: 5_000,
  replyTimeoutMs: 10_000,
  heartbeatIntervalMs: 20_000,
  // Who comes while a node cannot be heard has 10 s until the fallback: the node's return must be noticed well within.
  redialMs: { first: 250, longest: 2_000 },
  maxWaitingBytes: 64 * 1024 * 1024,
} as const;

/** `down`: not connected; `reconciling`: connected, comparing; `ready`: facts flow and deeds can be done. */
export type SessionPhase = 'down' | 'reconciling' | 'ready' | 'closed';

export interface SessionStatus {
  readonly phase: SessionPhase;
  readonly switchSessionId?: string;
  /** The node's clock minus ours, ms. */
  readonly clockOffsetMs?: number;
  readonly waitingBytes: number;
  readonly maxWaitingBytes: number;
  /** When the oldest fact that waits came, ms of our clock. */
  readonly waitingSince?: number;
  /** Commands that were sent and have no answer. */
  readonly waitingCommands: number;
  /** Since the session was opened: events that came, connections that stood, that were lost, and that could not be made. */
  readonly events: number;
  readonly connects: number;
  readonly losses: number;
  readonly failedDials: number;
  /** When the last heartbeat came, ms of our clock; the start of the connection before the first. */
  readonly heartbeatAt?: number;
  /** Why it is not connected. */
  readonly lastError?: string;
  /** Events that could not be used, by name. */
  readonly unusable: Readonly<Record<string, number>>;
}

/** Told to whoever waits for the outcome of a deed, before anything waits for the listener. */
export interface SessionObserver {
  onFact(fact: SwitchFact): void;
  /** Outcomes that were on their way are lost. */
  onLost(message: string): void;
}
