import type { DomainEvent, EventSpecs } from '../../../kernel/event.js';

/** What happens to a caller who cannot wait here any longer. */
export type Overflow = { readonly kind: 'hang-up' } | { readonly kind: 'queue'; readonly queueId: string };

export interface QueueSettings {
  readonly name: string;
  readonly strategy: 'longest-idle-agent';
  /** `on-entry`: the caller is answered, and pays, from the start; `by-agent`: when an agent answers. */
  readonly answer: 'on-entry' | 'by-agent';
  /** Media that waiting callers hear; null: the node's music. */
  readonly music: string | null;
  /** Priority of callers of this queue, 1 (first) to 10; within one priority the longest waiting is first. */
  readonly priority: number;
  /** Longest wait, ms; null: for ever. */
  readonly maxWaitMs: number | null;
  /** Most callers waiting at a time; null: no limit. */
  readonly maxLength: number | null;
  readonly overflow: Overflow;
  /** How long an agent's phone rings, ms. */
  readonly ringTimeoutMs: number;
  /** How long an agent is left alone after not answering, ms. */
  readonly noAnswerDelayMs: number;
  /** How long an agent is left alone after refusing or being busy, ms; at least 1,000 are kept. */
  readonly rejectDelayMs: number;
  /** Offers in a row not answered, after which the agent is paused; null: never. */
  readonly maxNoAnswer: number | null;
  /** Time after a contact before the next offer, ms; the agent may end it earlier. */
  readonly wrapUpMs: number;
  /** Service-level threshold x, s. */
  readonly serviceLevelSeconds: number;
  /** Abandons within y seconds count as short, s. */
  readonly shortAbandonSeconds: number;
}

export type QueueEvent =
  | DomainEvent<'QueueCreated', { readonly queueId: string; readonly settings: QueueSettings }>
  | DomainEvent<'QueueConfigured', { readonly queueId: string; readonly settings: QueueSettings }>
  | DomainEvent<'QueueRetired', { readonly queueId: string }>
  /** `level`: agents of the lowest level are offered first. */
  | DomainEvent<'AgentJoinedQueue', { readonly queueId: string; readonly agentId: string; readonly level: number; readonly position: number }>
  | DomainEvent<'AgentLeftQueue', { readonly queueId: string; readonly agentId: string }>;

export const queueEventSpecs: EventSpecs<QueueEvent> = {
  QueueCreated: { version: 1 },
  QueueConfigured: { version: 1 },
  QueueRetired: { version: 1 },
  AgentJoinedQueue: { version: 1 },
  AgentLeftQueue: { version: 1 },
};
