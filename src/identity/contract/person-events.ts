export type { ErasureReason, PersonEvent } from '../persons/domain/person.events.js';
export { ERASURE_REASONS, personEventSpecs } from '../persons/domain/person.events.js';
