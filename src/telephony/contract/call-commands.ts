export type { CallCommand, EnqueueData, LegFact, NewLeg, OfferData } from '../calls/domain/call.commands.js';
