import type { DomainEvent, EventSpecs } from '../../../kernel/event.js';

/** Where calls to a number go. */
export type NumberDestination = { readonly kind: 'queue'; readonly queueId: string };

/** A tenant's own number (`e164`, or a short internal one that a switch sends) and where its calls go. */
export type NumberEvent =
  | DomainEvent<'NumberAssigned', { readonly numberId: string; readonly number: string; readonly destination: NumberDestination }>
  | DomainEvent<'NumberConfigured', { readonly numberId: string; readonly number: string; readonly destination: NumberDestination }>
  | DomainEvent<'NumberRetired', { readonly numberId: string; readonly number: string }>;

export const numberEventSpecs: EventSpecs<NumberEvent> = {
  NumberAssigned: { version: 1 },
  NumberConfigured: { version: 1 },
  NumberRetired: { version: 1 },
};
