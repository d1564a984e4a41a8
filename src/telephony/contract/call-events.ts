export type { CallEvent, Confidence, DequeueReason, HungUpBy, LegPassport, LegRole, LegTimes, OfferFailure } from '../calls/domain/call.events.js';
export { callEventSpecs } from '../calls/domain/call.events.js';
