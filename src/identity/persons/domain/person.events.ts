import type { DomainEvent, EventSpecs } from '../../../kernel/event.js';

/** request: the person asked for it. retention: the time for which it may be kept is over. order: a court or an authority. */
export const ERASURE_REASONS = ['request', 'retention', 'order', 'other'] as const;
export type ErasureReason = (typeof ERASURE_REASONS)[number];

export type PersonKind = 'number' | 'agent';

interface Erasure {
  readonly erasureId: string;
  /** Opaque id of who has the number, or the agent's id. */
  readonly personId: string;
  readonly kind: PersonKind;
  /** All under which the person was recorded: the number as it is written in different places, an agent's telephone. Opaque ids. */
  readonly subjects: readonly string[];
  /** Recordings with the person's voice. */
  readonly recordings: readonly string[];
}

/** Nothing in these is personal. */
export type PersonEvent =
  | DomainEvent<'PersonalDataErasureRequested', Erasure & { readonly reason: ErasureReason; /** Of a ticket or a letter; never a name. */ readonly reference: string | null }>
  /** The keys are destroyed: whoever keeps something of the person in memory lets go of it, and the recordings go. */
  | DomainEvent<'PersonalDataErased', Erasure>;

export const personEventSpecs: EventSpecs<PersonEvent> = {
  PersonalDataErasureRequested: { version: 1 },
  PersonalDataErased: { version: 1 },
};
