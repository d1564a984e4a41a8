export type { CallEvent, CallOverflow, Confidence, ContactEnd, DequeueReason, HungUpBy, LegPassport, LegRole, LegTimes, OfferFailure } from '../calls/domain/call.events.js';
export { callEventSpecs } from '../calls/domain/call.events.js';
