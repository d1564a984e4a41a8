export type { Bounds, CallEvent, CallOverflow, Confidence, ContactEnd, DequeueReason, HungUpBy, LegPassport, LegRole, LegTimes, OfferFailure, ToldBridge, Unheard } from '../calls/domain/call.events.js';
export { callEventSpecs } from '../calls/domain/call.events.js';
