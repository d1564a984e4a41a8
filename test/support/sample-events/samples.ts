import type { DomainEvent } from '../../../src/kernel/event.js';

/** The data of one sample of each type of a union: forgetting one does not compile. */
export type Samples<E extends DomainEvent> = { readonly [T in E['type']]: Extract<E, { type: T }>['data'] };
