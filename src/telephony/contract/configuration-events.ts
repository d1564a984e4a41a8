export type { GapCause, MediaNodeEvent, MediaNodeSettings } from '../media-nodes/domain/media-node.events.js';
export { mediaNodeEventSpecs } from '../media-nodes/domain/media-node.events.js';
export type { NumberDestination, NumberEvent } from '../numbers/domain/number.events.js';
export { numberEventSpecs } from '../numbers/domain/number.events.js';
