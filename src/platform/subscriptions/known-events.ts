import type { RecordedEvent } from '../../kernel/event.js';
import { UnknownEventType, type EventCatalog } from '../event-store/event-catalog.js';

/**
 * Refuses an event in a shape of a later version of the program: it comes undecoded, and whoever
 * handled it would misread it. Parked, it waits for that version.
 */
export const assertKnown = (catalog: EventCatalog, event: RecordedEvent): void => {
  const spec = catalog.spec(event.type);
  if (spec === undefined || event.schemaVersion > spec.version) throw new UnknownEventType(event.stream, event.type, event.schemaVersion);
};
