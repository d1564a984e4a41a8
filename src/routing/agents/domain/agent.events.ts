import type { DomainEvent, EventSpecs } from '../../../kernel/event.js';

export interface AgentSettings {
  readonly displayName: string;
  /** User name of the agent's registered device on the switch; null where `address` is used. */
  readonly deviceUser: string | null;
  /** Full dial string instead of a device, e.g. a phone outside; null where `deviceUser` is used. */
  readonly address: string | null;
}

/** `settings` is encrypted: it names a person. */
export type AgentEvent =
  | DomainEvent<'AgentCreated', { readonly agentId: string; readonly settings: AgentSettings }>
  | DomainEvent<'AgentConfigured', { readonly agentId: string; readonly settings: AgentSettings }>
  | DomainEvent<'AgentRetired', { readonly agentId: string }>
  /**
   * The agent's n-th shift is about to open: its stream is `agentShift-<agentId>+<n>`. `idleSince` and
   * `noAnswerCount` are what the shift before left; null and 0 for the first.
   */
  | DomainEvent<'AgentShiftStarted', { readonly agentId: string; readonly shiftNumber: number; readonly shiftId: string; readonly idleSince: string | null; readonly noAnswerCount: number }>
  /** The shift was signed out of; what it left is carried to the next one. */
  | DomainEvent<'AgentShiftEnded', { readonly agentId: string; readonly shiftNumber: number; readonly shiftId: string; readonly idleSince: string; readonly noAnswerCount: number }>;

export const agentEventSpecs: EventSpecs<AgentEvent> = {
  AgentCreated: { version: 1, personal: { fields: ['settings'], subject: 'agentId' } },
  AgentConfigured: { version: 1, personal: { fields: ['settings'], subject: 'agentId' } },
  AgentRetired: { version: 1 },
  AgentShiftStarted: { version: 1 },
  AgentShiftEnded: { version: 1 },
};
